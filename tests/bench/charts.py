# SPDX-License-Identifier: MIT
"""The charts of the report, as SVG to be put into the page: no script, no font, nothing from elsewhere."""
import io

from goals import NAMES

OURS, THEIRS, PARTS = "#1f6f8b", "#9aa5ad", ("#1f6f8b", "#8fbccc", "#d3b88c")
PEERS = ("postern", "tuned", "seed", "fastify")


def svg(figure, plt):
    out = io.StringIO()
    figure.savefig(out, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    text = out.getvalue()
    return text[text.index("<svg") :]


class Drawer:
    def __init__(self, plt, blocks, median, interval):
        self.plt, self.blocks, self.median, self.interval = plt, blocks, median, interval
        self.out = []

    def axes(self, bars):
        figure, axes = self.plt.subplots(figsize=(7.5, 0.6 + 0.42 * bars))
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.tick_params(left=False)
        axes.grid(axis="x", color="#e5e5e5")
        axes.set_axisbelow(True)
        axes.invert_yaxis()
        # Each drawing's ids differ, for all of them are in one page.
        self.plt.rcParams["svg.hashsalt"] = f"bench{len(self.out)}"
        return figure, axes

    def add(self, title, caption, figure):
        self.out.append((title, caption, svg(figure, self.plt)))

    def bars(self, title, caption, workload, field, unit, names=PEERS, scale=1):
        found = [(n, [v * scale for v in self.blocks.list(workload, n, field)]) for n in names]
        found = [(n, v) for n, v in found if v]
        if not found:
            return
        figure, axes = self.axes(len(found))
        middle = [self.median(v) for _, v in found]
        ends = [self.interval(v) for _, v in found]
        spread = [[max(0, m - e[0]) for m, e in zip(middle, ends)], [max(0, e[1] - m) for m, e in zip(middle, ends)]]
        colours = [OURS if n in ("postern", "hashers") else THEIRS for n, _ in found]
        axes.barh([NAMES[n] for n, _ in found], middle, color=colours, xerr=spread, error_kw={"ecolor": "#444", "lw": 1, "capsize": 3})
        for i, (m, e) in enumerate(zip(middle, ends)):
            axes.annotate(f"{m:,.0f}" if m >= 100 else f"{m:.1f}", (max(m, e[1]), i), xytext=(5, 0), textcoords="offset points", va="center")
        axes.set_xlabel(unit)
        axes.margins(x=0.12)
        self.add(title, caption, figure)

    def cost(self):
        names = [n for n in PEERS if self.blocks.list("P1", n, "app_us")]
        if not names:
            return
        figure, axes = self.axes(len(names))
        left = [0.0] * len(names)
        parts = (("app_us", "the service"), ("nginx_us", "nginx"), ("pg_us", "PostgreSQL"))
        for (field, label), colour in zip(parts, PARTS):
            width = [self.median(self.blocks.list("P1", n, field)) for n in names]
            axes.barh([NAMES[n] for n in names], width, left=left, color=colour, label=label)
            left = [a + b for a, b in zip(left, width)]
        for i, total in enumerate(left):
            axes.annotate(f"{total:.0f}", (total, i), xytext=(5, 0), textcoords="offset points", va="center")
        axes.set_xlabel("microseconds of CPU a reply")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncol=3, frameon=False)
        axes.margins(x=0.12)
        self.add("What a GET by id costs", "CPU time of all processes that took part, for one reply.", figure)

    def latency(self):
        names = [n for n in PEERS if self.blocks.list("latency", n, "p99_us")]
        if not names:
            return
        figure, axes = self.axes(len(names))
        for i, n in enumerate(names):
            p50, p99 = (self.median(self.blocks.list("latency", n, f)) / 1e3 for f in ("p50_us", "p99_us"))
            rate = self.median(self.blocks.list("latency", n, "rate"))
            colour = OURS if n == "postern" else "#69747c"
            axes.plot([p50, p99], [i, i], color=colour, lw=2)
            axes.plot(p50, i, "o", color=colour)
            axes.plot(p99, i, "|", color=colour, ms=14, mew=2)
            axes.annotate(f"{p50:.1f} / {p99:.1f} at {rate:,.0f}/s", (p99, i), xytext=(8, 0), textcoords="offset points", va="center")
        axes.set_yticks(range(len(names)), [NAMES[n] for n in names])
        axes.set_xscale("log")
        axes.set_xlabel("milliseconds, logarithmic; dot: p50, bar: p99")
        axes.margins(x=0.3, y=0.2)
        self.add("Latency at a steady rate", "GET by id, timed from when each request was due.", figure)

    def goals(self, results):
        """Above 1 is better than asked for, whichever way the figure goes."""
        asked = [g for g in results if g["goal"] and g["figure"] > 0]
        if not asked:
            return
        figure, axes = self.axes(len(asked) * 0.75)
        score = lambda g, v: g["goal"] / v if g["better"] == "low" else v / g["goal"]
        for i, g in enumerate(asked):
            ends = [score(g, max(v, 1e-9)) for v in g["interval"]]
            colour = {"goal": "#1a7f37", "floor": "#b07d00", "missed": "#c62828"}[g["verdict"]]
            axes.plot(ends, [i, i], color=colour, lw=2)
            axes.plot(score(g, g["figure"]), i, "o", color=colour)
            if g["floor"]:
                axes.plot(score(g, g["floor"]), i, "|", color="#777", ms=10)
        axes.axvline(1, color="#444", lw=1)
        axes.set_yticks(range(len(asked)), [f"{g['id']}  {g['what']}" for g in asked], fontsize=8)
        axes.set_xscale("log")
        axes.set_xlabel("how many times as good as the goal, logarithmic; tick: the floor")
        self.add("Goals", "To the right of the line is better than the goal.", figure)


def draw(blocks, results, median, interval):
    """(title, caption, SVG) of each chart; None without matplotlib."""
    try:
        import matplotlib
    except ImportError:
        return None
    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10})
    d = Drawer(plt, blocks, median, interval)
    d.goals(results)
    d.bars("GET by id", "32 connections, TLS, each user its own row.", "P1", "rps", "requests a second")
    d.cost()
    d.latency()
    d.bars("A list of 100", "32 connections, TLS.", "P10", "rps", "requests a second", ("postern", "seed", "fastify"))
    d.bars("PUT", "32 connections, TLS; each is committed to disk before its reply.", "P12", "rps", "requests a second", ("pgbench", "postern", "seed", "fastify"))
    d.bars("Sign-ins", "16 connections; Argon2id, 19 MiB, 2 passes.", "P5", "rps", "sign-ins a second", ("hashers", "postern", "seed", "fastify"))
    d.bars("Memory, idle", "Proportional set size of all processes of the service.", "P14", "idle_kib", "MiB", ("postern", "seed", "fastify"), 1 / 1024)
    d.bars("Start", "From exec to the first GET by id that is answered through nginx.", "P15", "ms", "milliseconds", ("postern", "seed", "fastify"))
    return d.out
