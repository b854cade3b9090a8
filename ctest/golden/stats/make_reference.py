#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the reference numbers of ctest/unit/stats: what the gating study's Python program (gate_sim.py) and SciPy say
of random data. See README.md beside this file for the format and for how the files here were made.

usage: make_reference.py GATE_SIM_PY OUT_DIR [--stored N] [--paired N] [--pieces N] [--seed S]
"""
import argparse
import math
import importlib.util
import os
import warnings

import numpy as np
import scipy
from scipy import stats


def load(path):
    spec = importlib.util.spec_from_file_location("gate_sim", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Recorder:
    """Stands in for a function of the reference and keeps what its last call got and gave."""

    def __init__(self, function):
        self.function = function
        self.got = self.kwargs = self.gave = None

    def __call__(self, *args, **kwargs):
        self.got, self.kwargs = args, kwargs
        self.gave = self.function(*args, **kwargs)
        return self.gave


def text(values):
    return ",".join("%.15g" % v for v in np.ravel(np.asarray(values, dtype=float)))


def line(out, name, *groups):
    out.write("|".join([name] + [text(g) for g in groups]) + "\n")


def data(values):
    """As stored in the file: four decimals are enough for data, and what is read must be what was computed with."""
    return np.round(values, 4)


def header(out, what, args):
    out.write(f"# {what}: gate_sim.py with NumPy {np.__version__}, SciPy {scipy.__version__}, seed {args.seed}\n")


def t_isf(tail, df):
    """SciPy 1.10 solves for the quantile to about 2e-9 (an error seen at df 96 against mpmath); its sf is good to 1e-14.
    Newton's steps on that."""
    t = stats.t.isf(tail, df)
    for _ in range(3):
        t = t + (stats.t.sf(t, df) - tail) / stats.t.pdf(t, df)
    return t


def median_factor(n):
    """n times the variance of the median of n standard normal values; pi/2 from 11 on."""
    if n > 10:
        return np.pi / 2
    x, w = np.polynomial.legendre.leggauss(2000)
    x, w, k = 9 * x, 9 * w, n // 2
    if n % 2:
        density = math.factorial(n) / math.factorial(k)**2 * stats.norm.cdf(x)**k * stats.norm.sf(x)**k
        return n * np.sum(w * x**2 * density * stats.norm.pdf(x))
    y, v = np.polynomial.legendre.leggauss(400)
    total = 0
    for a, wa in zip(x, w):
        b, wb = (9 - a) / 2 * (y + 1) + a, (9 - a) / 2 * v
        inner = np.sum(wb * stats.norm.pdf(b) * stats.norm.sf(b)**(k - 1) * (a + b)**2 / 4)
        total += wa * stats.norm.pdf(a) * stats.norm.cdf(a)**(k - 1) * inner
    return n * math.factorial(n) / math.factorial(k - 1)**2 * total


def core(G, info, options):
    """Expectations of gate_core from its recorded call."""
    d, V, df, center = G.gate_core.got[:4]
    blind = G.gate_core.got[9] if len(G.gate_core.got) > 9 else False
    inflate = G.gate_core.got[8]
    M = d.shape[-1]
    df = np.minimum(np.broadcast_to(df, d.shape), 4 * M)
    if blind and inflate and M >= 8:
        df = np.minimum(df, 0.82 * (M - 1))
    r, se = info["r"], info["se"]
    t = t_isf(0.025, df)
    mde = np.log1p(options["tau"]) + (t_isf(options["alpha"] / M, df) + t_isf(0.2, df)) * se
    p_faster = stats.t.sf((-r - np.log1p(options["tau"])) / se, df)
    return dict(r=r, se=se, df=df, z=info["z"], p=info["p"], holm=G.holm(info["p"]), faster=p_faster,
                lower=r - t * se, upper=r + t * se, mde=mde,
                family=[np.ravel(info["shift"])[0], np.ravel(info["lam"])[0], blind])


def expect(out, numbers):
    for name, values in numbers.items():
        line(out, "expect_" + name, values)


def pick_options(rng):
    return dict(tau=float(rng.choice([0, 0, 0.02])), min_eff=float(rng.choice([0.05, 0.05, 0.03])),
                alpha=float(rng.choice([0.05, 0.05, 0.01])))


def truth(rng, M):
    delta = np.where(rng.random(M) < rng.choice([0, 0.1, 0.3]), rng.choice([0.05, 0.1, 0.2, 0.5]), 0.0)
    return delta[None, :]


def write_stored(G, args, rng, out):
    for i in range(args.stored):
        K = int(rng.choice([1, 2, 3, 4, 5]))
        M = int(rng.choice([2, 5, 7, 8, 9, 12, 17, 24]))
        n = int(rng.choice([2, 3, 4, 5, 7, 10]))
        anchors = int(rng.choice([1, 3, 6])) if K >= 2 else 0
        scenario = str(rng.choice(list(G.SCEN)))
        options = pick_options(rng)
        inflate, center = bool(rng.random() < 0.8), bool(rng.random() < 0.8)
        levels = (rng.uniform(0, 5, M + anchors) if rng.random() < 0.5 else np.zeros(M + anchors))[:, None]
        delta = np.concatenate([truth(rng, M), np.zeros((1, anchors))], 1)
        base, head = G.stored(1, M + anchors, n, K, scenario, delta)
        base, head = data(base + levels), data(head + levels)
        again = data(G.session(1, M, 2 * n, scenario, delta[:, :M]) + levels[:M])
        all_base, all_head = base, head
        base, head = base[:, :, :M], head[:, :M]

        out.write(f"set|{i}\n")
        line(out, "options", [options["tau"], options["min_eff"], options["alpha"], center, inflate])
        for c in range(M + anchors):
            for k in range(K):
                line(out, "base" if c < M else "anchor_base", [c if c < M else c - M, k], all_base[0, k, c])
            line(out, "head" if c < M else "anchor_head", [c if c < M else c - M], all_head[0, c])
        flags, info = G.gate_stored(base, head, center=center, inflate=inflate, info=True, **options)
        numbers = core(G, info, options)
        numbers["flagged"] = flags
        numbers["base_share"] = info["frac_b"]
        if K >= 2:
            numbers["session_variance"] = G.robust_pm.gave
        if K >= 3:
            numbers["suite"] = [np.log1p(info["suite_est"][0]), info["suite_p"][0], info["suite_t"][0]]
        if anchors:  # run_global of the reference
            mb, mh = G.trimmed(all_base)[0], G.trimmed(all_head)[0]
            da = mh - mb.mean(1)
            u = mb - np.median(mb, -1, keepdims=True)
            a = u.var(1, ddof=1)[0] * (1 + 1 / K)
            rel = np.median(da[:, :M], -1) - np.median(da[:, M:], -1)
            parts = [median_factor(m) * x.mean() / m for m, x in ((M, a[:M]), (anchors, a[M:]))]
            dfs = [(K - 1) * M, (K - 1) * anchors]
            var = sum(parts)
            df = var**2 / sum(p**2 / d for p, d in zip(parts, dfs))
            apart = np.median(mb[0, :, :M], -1) - np.median(mb[0, :, M:], -1)
            apart = apart.var(ddof=1) * (1 + 1 / K)
            if K >= 3 and apart > var:
                df = apart**2 / (var**2 / df + (apart - var)**2 / (K - 1))
                var = apart
            se = np.array([np.sqrt(var)])
            numbers["anchored"] = [rel[0], se[0], df, stats.t.sf(rel / se, df)[0]]
        expect(out, numbers)

        if M < 8:  # the reference then divides by controls it does not have
            continue
        for c in range(M):
            line(out, "again", [c], again[0, c])
        flags, suspects = G.gate_stored_confirm(base, head, again, **options)
        p = G.holm.got[0]
        first = G.gate_stored(base, head, info=True, **options)[1]
        d2 = G.trimmed(again)[0] - G.trimmed(base)[0].mean(1)
        controls = np.argsort(np.abs(first["z"]), -1)[..., :8]
        r = 0.4 * first["r"] + 0.6 * (d2 - np.median(np.take_along_axis(d2, controls, -1), -1, keepdims=True))
        expect(out, dict(confirm_r=r, confirm_p=p, confirm_holm=G.holm(p), confirm_suspect=suspects,
                         confirm_flagged=flags))


def write_paired(G, args, rng, out):
    for i in range(args.paired):
        R = int(rng.choice([1, 2, 2, 3, 4]))
        M = int(rng.choice([2, 5, 7, 8, 9, 12, 17, 24]))
        n = int(rng.choice([4, 5, 7, 10, 13]))
        scenario = str(rng.choice(list(G.SCEN)))
        options = pick_options(rng)
        inflate = bool(rng.random() < 0.8)
        delta = truth(rng, M)
        x = data(np.subtract(*G.paired(1, M, n, scenario, delta, R)[::-1]))
        x2 = data(np.subtract(*G.paired(1, M, 2 * n, scenario, delta, R)[::-1]))
        out.write(f"set|{i}\n")
        line(out, "options", [options["tau"], options["min_eff"], options["alpha"], False, inflate])
        for name, values in (("pairs", x), ("again", x2)):
            for c in range(M):
                line(out, name, [c], *np.array_split(values[0, c], R))
        none = np.zeros_like(x)
        flags, info = G.gate_paired(none, x, R, inflate=inflate, info=True, **options)
        numbers = core(G, info, options)
        numbers["flagged"] = flags
        if R >= 2:
            numbers["session_variance"] = G.robust_pm.gave
        numbers["suite"] = [np.log1p(info["suite_est"][0])]
        flags, suspects = G.gate_paired_confirm(none, x, np.zeros_like(x2), x2, R, **options)
        p = G.holm.got[0]
        first = G.gate_paired(none, x, R, info=True, **options)[1]
        second = G.gate_paired(np.zeros_like(x2), x2, R, info=True, **options)[1]
        numbers |= dict(confirm_r=first["r"] / 3 + 2 * second["r"] / 3, confirm_p=p, confirm_holm=G.holm(p),
                        confirm_suspect=suspects, confirm_flagged=flags)
        expect(out, numbers)


def write_pieces(G, args, rng, out):
    for i in range(args.pieces):
        n = i % 25 + 1 if i < 25 else int(rng.integers(2, 40))
        x = data(rng.normal(3, 0.2, n) + (rng.random(n) < 0.1) * rng.exponential(1, n))
        for symmetric in (False, True):
            with warnings.catch_warnings():  # the variance of one value, which is left out
                warnings.simplefilter("ignore", RuntimeWarning)
                m, v, df = G.trimmed(x, sym=symmetric)
            line(out, "location", [symmetric], x, [m, df] + ([] if n == 1 else [v]))

        M, df = int(rng.integers(2, 20)), int(rng.integers(1, 30))
        v = np.float64(["%.6g" % q for q in rng.chisquare(df, M) / df * np.exp(rng.normal(-5, rng.choice([0, 0.5, 2]), M))])
        v[rng.random(M) < 0.02] = 0
        moderated, total = G.moderate(v, df)
        line(out, "moderate", [df], v, moderated, total)

        s2 = rng.choice([0, 0, 1e-4, 1e-2])
        df = int(rng.integers(1, 8))
        v = np.float64(["%.6g" % q for q in np.exp(rng.normal(-8, 0.5, M))])
        a = np.float64(["%.6g" % q for q in (s2 + v) * rng.chisquare(df, M) / df])
        line(out, "session_variance", [df], a, v, G.robust_pm(a, v, df))

        z = data(rng.standard_t(3, M))
        line(out, "qn", z, G.qn(z))
        c = data(np.median(z))
        scale, count = G.lower_scale(z, c)
        line(out, "below", [c], z, [scale[0], count[0]])

        y = float("%.6g" % np.exp(rng.uniform(np.log(1e-3), np.log(1e3))))
        line(out, "trigamma_inverse", [y], [G.trigamma_inv(y)])

        nh, nb = int(rng.integers(1, 60)), int(rng.integers(1, 300))
        h, b = int(rng.binomial(nh, rng.random() ** 2)), int(rng.binomial(nb, rng.random() ** 3))
        p = stats.fisher_exact([[h, nh - h], [b, nb - b]], alternative="greater")[1]
        line(out, "fisher", [h, nh, b, nb], [p])

        q, confidence = float(rng.choice([0.5, 0.9, 0.1, 0.25])), float(rng.choice([0.9, 0.95, 0.99]))
        n = int(rng.integers(3, 70))
        x = data(rng.normal(3, 0.2, n))
        # SciPy's quantile_test(x, p=q).confidence_interval(confidence), which is in SciPy from 1.11 on; ranks from 1.
        low, high = (f((1 - confidence) / 2, n, q) for f in (stats.binom.ppf, stats.binom.isf))
        ranks = [low, high + 1] if low >= 1 and high < n else []
        line(out, "interval", [q, confidence], x, ranks)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gate_sim")
    parser.add_argument("out")
    parser.add_argument("--stored", type=int, default=16)
    parser.add_argument("--paired", type=int, default=14)
    parser.add_argument("--pieces", type=int, default=30)
    parser.add_argument("--seed", type=int, default=20240607)
    args = parser.parse_args()
    G = load(args.gate_sim)
    G.gate_core, G.robust_pm, G.holm = Recorder(G.gate_core), Recorder(G.robust_pm), Recorder(G.holm)
    os.makedirs(args.out, exist_ok=True)
    for at, (name, write) in enumerate((("stored", write_stored), ("paired", write_paired), ("pieces", write_pieces))):
        rng = np.random.default_rng([args.seed, at])
        G.RNG = np.random.default_rng([args.seed, at, 1])
        with open(os.path.join(args.out, name + ".txt"), "w", newline="\n") as out:
            header(out, name, args)
            write(G, args, rng, out)


if __name__ == "__main__":
    main()
