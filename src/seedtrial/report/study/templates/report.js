"use strict";
// Shows the images of a confusion cell when it is selected. Everything is set as text, never as HTML.
(() => {
  const page = JSON.parse(document.getElementById("page-data").textContent);

  const element = (tag, properties = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };

  const show = (box, button) => {
    const recipe = page.recipes[box.dataset.recipe];
    const uris = page.albums[box.dataset.album];
    const [label, answer] = button.dataset.cell.split(",").map(Number);
    const images = recipe.cells[button.dataset.cell] || [];
    const named = (n) => element("b", { textContent: recipe.classes[n] });
    const title = element("p", {}, named(label), " predicted as ", named(answer),
      `: ${button.textContent.split(": ").pop()} per run; images that most seeds put here, most confident first.`);
    const tiles = images.map(([index, seeds, confidence]) => element("figure", { className: "tile" },
      element("img", { src: uris[index], alt: `${recipe.classes[label]} predicted as ${recipe.classes[answer]}` }),
      element("figcaption", {}, element("span", { textContent: `${seeds} of ${recipe.seeds}, ${confidence} %` }))));
    box.querySelectorAll("button[data-cell]").forEach((b) => b.setAttribute("aria-pressed", String(b === button)));
    box.querySelector(".cell-images").replaceChildren(title, element("div", { className: "tiles" }, ...tiles));
  };

  for (const box of document.querySelectorAll(".confusion")) {
    box.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-cell]");
      if (button) show(box, button);
    });
    const first = box.querySelector(`button[data-cell="${page.recipes[box.dataset.recipe].largest}"]`);
    if (first) show(box, first); // so that paper and a first look have an example
  }
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
})();
