"""Tables of speed, memory and waiting for tables.py: what a benchmark's JSON says, as Markdown."""

import statistics
from typing import Any


def overhead(told: dict[str, Any]) -> str:
    """What a user waits for beside training, against the aims."""
    names = {
        "help_seconds": ("`seedtrial --help`", "{:.2f} s"),
        "first_batch_seconds": ("`seedtrial run` to its first batch", "{:.1f} s"),
        "nothing_to_do_seconds": ("`seedtrial run` when all is done", "{:.1f} s"),
        "load_gz_seconds": ("Fashion-MNIST from its .gz files", "{:.2f} s"),
        "load_cache_seconds": ("Fashion-MNIST from the cache", "{:.2f} s"),
        "load_resident_mb": ("its resident memory", "{:.0f} MB"),
        "loop_overhead": ("the loop's share of a conv epoch", "{:.1%}"),
    }
    machine = told["machine"]
    lines = [
        f"`make bench`, medians, {machine['processor']}, {machine['cores']} cores, {machine['engine']['precision']}:",
        "",
        "| what | measured | aim at most |",
        "|---|---:|---:|",
    ]
    for key, (name, form) in names.items():
        if key in told["measured"]:
            lines.append(f"| {name} | {form.format(told['measured'][key])} | {form.format(told['aims'][key])} |")
    return "\n".join(lines)


def throughput(told: dict[str, Any]) -> str:
    """Images per second of training, ours and Keras's, and whether the aims were reached."""
    machine = told["machine"]
    rounds = min(len(found["rounds"]) for found in told["networks"].values())
    lines = [
        f"`python benchmarks/peers/throughput.py`, medians of {rounds} turns each, in alternation; "
        f"{machine['processor']}, {machine['cores']} cores; {', '.join(told['keras'])}:",
        "",
        "| network | batch | seedtrial, images/s | Keras, images/s | ratio | Keras at its best, images/s | ratio "
        "| memory, share of Keras's |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, found in told["networks"].items():
        one = found["summary"]
        lines.append(
            f"| {name} | {found['batch_size']} | {one['seedtrial_images_per_second']:,.0f} "
            f"| {one['keras_images_per_second']:,.0f} | {one['ratio']:.1f} "
            f"| {one['keras best_images_per_second']:,.0f} | {one['ratio_to_best']:.1f} | {one['memory_ratio']:.2f} |"
        )
    names = {
        "mean_ratio": "geometric mean of the ratios to Keras",
        "least_ratio": "the least of them",
        "least_ratio_to_best": "the least ratio to Keras at its best",
        "memory_ratio": "the largest share of Keras's memory",
        "floor_share": "convolutional networks' least share of what the processor's convolutions can do",
        "evaluation_ratio": "how much faster thingwall2019's conv network predicts 10,000 images",
    }
    lines += ["", "| over all networks | measured | aim |", "|---|---:|---:|"]
    for key, what in names.items():
        value, aim, most = told["overall"][key], told["aims"][key], key == "memory_ratio"
        missed = ", missed" if (value > aim if most else value < aim) else ""
        lines.append(f"| {what} | {value:.2f} | {'at most' if most else 'at least'} {aim:g}{missed} |")
    return "\n".join(lines)


def pace(told: dict[str, Any]) -> str:
    """The README's short table: training images per second, ours and Keras's."""
    machine = told["machine"]
    lines = [
        "| network | seedtrial, images/s | Keras, images/s | ratio |",
        "|---|---:|---:|---:|",
    ]
    for name, network in told["networks"].items():
        one = network["summary"]
        ours, theirs = one["seedtrial_images_per_second"], one["keras_images_per_second"]
        lines.append(f"| {name} | {ours:,.0f} | {theirs:,.0f} | {one['ratio']:.1f} |")
    rounds = min(len(network["rounds"]) for network in told["networks"].values())
    lines += [
        "",
        f"Medians of {rounds} rounds, {machine['processor']}, {machine['cores']} cores; "
        f"{', '.join(told['keras'][:2])}.",
    ]
    return "\n".join(lines)


def records(told: dict[str, Any]) -> str:
    """Accuracy of the fast recipes, and their time in Keras's epochs."""
    machine = told["machine"]
    epoch = statistics.median(found["keras_epoch_seconds"] for found in told["rounds"])
    lines = [
        f"`python benchmarks/peers/time_to_accuracy.py`, {machine['processor']}, {machine['cores']} cores, "
        f"{machine['engine']['precision']}; an epoch of thingwall2019's conv network takes Keras {epoch:.0f} s there:",
        "",
        "| recipe | test, % | sd | 95 % interval | seeds | unmirrored, % | training, s | Keras epochs | range | aim |",
        "|---|---:|---:|---|---:|---:|---:|---:|---|---:|",
    ]
    for label, found in told["summary"].items():
        known, (least, most) = found["accuracy"], found["keras_epochs_range"]
        lines.append(
            f"| {label} | {known['mean']:.2f} | {known['sd']:.2f} | {known['low']:.2f} to {known['high']:.2f} "
            f"| {known['n']} | {found['unmirrored']['mean']:.2f} | {found['seconds']:.0f} "
            f"| {found['keras_epochs']:.2f} | {least:.2f} to {most:.2f} | {found['aim']:g} |"
        )
    return "\n".join(lines)


def jobs(told: dict[str, Any]) -> str:
    """Several runs at a time against one after the other."""
    machine = told["machine"]
    lines = [
        f"`python benchmarks/own/jobs.py`, medians of {told['rounds']} rounds in alternation, {machine['processor']}, "
        f"{told['cores']} cores, four seeds each; aim at least {told['aim']:g} times:",
        "",
        "| runs of | one at a time, all threads | one per core | ratio | range | memory of a worker's own |",
        "|---|---:|---:|---:|---|---:|",
    ]
    for name, found in told["measured"].items():
        least, most = found["ratios"][0], found["ratios"][-1]
        missed = "" if found["ratio"] >= told["aim"] else ", missed"
        lines.append(
            f"| {name} | {found['one_at_a_time']:.1f} s | {found['one_per_core']:.1f} s | {found['ratio']:.2f}{missed} "
            f"| {least:.2f} to {most:.2f} | {found['private_megabytes']:.0f} MB |"
        )
    return "\n".join(lines)


def sweep(told: dict[str, Any]) -> str:
    """A whole study against Keras, in a sentence."""
    keras, aim = sum(one["whole"] for one in told["keras_seconds"].values()), told["aim"]
    whole, training = told["shares"]["whole"], told["shares"]["training"]
    machine = told["machine"]
    missed = ", missed" if whole > aim else ""
    return (
        f"`python benchmarks/peers/sweep.py`, {machine['processor']}, {machine['cores']} cores: the fourteen "
        f"experiments of boetticher2020, 20 epochs each, one seed, take {told['seconds'] / 60:.1f} minutes. "
        f"In Keras, one after the other, they take {keras / 60:.0f} minutes by its measured pace, without start-up "
        f"and scoring: a share of {whole:.2f}, aim at most {aim:.2f}{missed}. Against its training alone, without "
        f"validation and augmentation, it is {training:.2f}."
    )


def equal_results(told: dict[str, Any]) -> str:
    """Whether the fast engine learns as well as torch's plain layers in float32."""
    machine = told["machine"]
    lines = [
        f"`python benchmarks/peers/equal_results.py`, {machine['processor']}; validation accuracy after equal epochs, "
        f"paired by seed; aim: the interval within ±{told['aim']} points:",
        "",
        "| network | seeds | epochs | fast, % | float32, torch's layers, % | difference | 95 % interval | |",
        "|---|---:|---:|---:|---:|---:|---|---|",
    ]
    for name, found in told["measured"].items():
        fast, plain = (statistics.fmean(found[side]) for side in ("fast", "plain"))
        gap = found["difference"]
        word = "within" if max(-gap["low"], gap["high"]) <= told["aim"] else "wider"
        lines.append(
            f"| {name} | {len(found['plain'])} | {found['epochs']} | {fast:.2f} | {plain:.2f} | {gap['mean']:+.2f} "
            f"| {gap['low']:+.2f} to {gap['high']:+.2f} | {word} |"
        )
    return "\n".join(lines)


def growth(told: dict[str, Any]) -> str:
    """How seconds and memory grow with data and with studies."""
    machine = told["machine"]
    lines = [
        f"`python benchmarks/own/growth.py`, {machine['processor']}, one thread. An exponent of 1 is linear:",
        "",
        "| what grows | from | to | what is measured | from | to | exponent |",
        "|---|---:|---:|---|---:|---:|---:|",
    ]
    for size, found in told["measured"].items():
        first, last = found["rows"][0], found["rows"][-1]
        for cost, exponent in found["exponents"].items():
            unit = "MB" if cost == "megabytes" else "s"
            lines.append(
                f"| {size} | {first[size]:,.0f} | {last[size]:,.0f} | {cost} | {first[cost]:,.2f} {unit} "
                f"| {last[cost]:,.2f} {unit} | {exponent:.2f} |"
            )
    return "\n".join(lines)


def play_load(told: dict[str, Any]) -> str:
    """How long an answer of the web game takes while many play."""
    machine, games = told["machine"], told["games"]
    lost, doubled = (max(game[key] for game in games) for key in ("lost", "doubled"))
    lines = [
        f"`python benchmarks/own/play_load.py`: {games[0]['players']} simulated players at once, "
        f"{games[0]['answers']:,} answers, {machine['processor']}, {machine['cores']} cores for players and server; "
        f"lost {lost}, doubled {doubled}.",
        "",
        "| mean look at an image | answers per second | median | 99th percentile | longest | aim for the 99th |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for game in games:
        look = f"{game['mean_pause_seconds']:g} s" if game["mean_pause_seconds"] else "none: as fast as they can"
        numbers = " | ".join(f"{game['milliseconds'][key]:.0f} ms" for key in ("median", "p99", "most"))
        lines.append(
            f"| {look} | {game['answers_per_second']:.0f} | {numbers} | {told['aim_p99_milliseconds']:.0f} ms |"
        )
    return "\n".join(lines)


MOMENTS = (("ready", 0), ("picture", 1), ("heat", 0))  # of an offline page: what was timed, and digits


def offline_page(told: dict[str, Any]) -> str:
    """How the offline page compares with Python, its size and its speed."""
    machine = told["machine"]
    lines = [
        f"`python benchmarks/own/offline_page.py`: {told['images']} validation images of Fashion-MNIST, medians of "
        f"{told['rounds']} rounds, Chromium {told['chromium'].split('.')[0]} on {machine['processor']}, "
        f"{machine['cores']} cores.",
        "",
        "| network | runs by | page | same class | largest difference of a probability | first answer possible after "
        "| a picture | its heat map |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in told["pages"]:
        numbers = " | ".join(f"{row[f'{key}_milliseconds']:,.{digits}f} ms" for key, digits in MOMENTS)
        lines.append(
            f"| {row['recipe']} | {row['engine']} | {row['bytes'] / 1e6:.2f} MB | {row['equal_classes']} of "
            f"{told['images']} | {row['largest_difference']:.1e} | {numbers} |"
        )
    return "\n".join(lines)
