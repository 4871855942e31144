"use strict";

// Requests of the labelling game to its server, one at a time, and what happens when no answer comes.

const RETRY = 1000; // milliseconds

let busy = false; // a request is under way
let tries = 0; // requests in a row without an answer

class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function ask(path, content) {
  const options = content === undefined ? {} : {
    method: "POST",
    headers: {"Content-Type": "application/json"},
    body: JSON.stringify(content),
  };
  const response = await fetch(path, {...options, credentials: "same-origin", cache: "no-store"});
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, answer.error || "The server could not do that.");
  return answer;
}

// One request at a time. When no answer comes, the request may have arrived or not. So it is never sent again: the page
// asks the server for the state of the session and continues from there.
async function send(path, content, then) {
  if (busy) return;
  busy = true;
  let answer = null;
  try {
    answer = await ask(path, content);
    complain("");
  } catch (problem) {
    if (!(problem instanceof Problem)) {
      recover();
      return;
    }
    busy = false;
    if (problem.status === 401) await welcome(problem.message);
    else if (path === "/api/open") complain(problem.message);
    else await send("/api/open", {}, (now) => { show(now); complain(problem.message); });
    return;
  }
  busy = false;
  then(answer);
}

function recover() {
  tries += 1;
  complain(`The server does not answer. Your answers so far are saved; trying again (${tries}) …`);
  setTimeout(async () => {
    try {
      const now = await ask("/api/open", {});
      tries = 0;
      busy = false;
      complain("");
      show(now);
    } catch (problem) {
      if (!(problem instanceof Problem)) return recover();
      tries = 0;
      busy = false;
      if (problem.status === 401) welcome(problem.message);
      else complain(problem.message);
    }
  }, RETRY);
}
