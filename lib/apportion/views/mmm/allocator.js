/* A slider per channel that keeps the total. Amounts are whole cents; while a slider is dragged the outcome comes from posterior
   draws in the browser, and as soon as it rests from the model itself (`outcome`), so that page and API say the same. */

/** Share `rest` in proportion to `weights` within bounds; all integers, and the shares sum to `rest` exactly. */
function share(rest, weights, min, max) {
  const w = weights.map((x) => x || 1e-6); // a channel at zero gets its turn when the others are full
  const at = (factor) => w.map((x, j) => clamp(factor * x, min[j], max[j]));
  const knots = [0, ...w.flatMap((x, j) => [min[j] / x, max[j] / x])].sort((a, b) => a - b);
  const k = Math.max(knots.findIndex((factor) => sum(at(factor)) >= rest), 1);
  const [a, b] = [knots[k - 1], knots[k]], [low, high] = [sum(at(a)), sum(at(b))]; // straight between two knots
  const exact = at(high > low ? a + ((rest - low) / (high - low)) * (b - a) : b);
  const shares = exact.map((x, j) => clamp(Math.floor(x), min[j], max[j]));
  const order = exact.map((_, j) => j).sort((i, j) => exact[j] - shares[j] - (exact[i] - shares[i]));
  for (let left = rest - sum(shares), n = 0; left; n = (n + 1) % order.length) {
    const j = order[n], step = Math.sign(left);
    if (shares[j] + step < min[j] || shares[j] + step > max[j]) continue;
    shares[j] += step;
    left -= step;
  }
  return shares;
}

/** How far channel `i` (or, for -1, the total) can go while the others keep their locks and bounds. */
function range(amounts, i, { min, max, locked, total }) {
  const free = amounts.map((_, j) => j).filter((j) => j !== i && !locked[j]);
  const fixed = sum(amounts.filter((_, j) => j !== i && locked[j]));
  const low = sum(free.map((j) => min[j])), high = sum(free.map((j) => max[j]));
  if (i < 0) return { free, fixed, low: fixed + low, high: fixed + high };
  return { free, fixed, low: Math.max(min[i], total - fixed - high), high: Math.min(max[i], total - fixed - low) };
}

/** Set channel `i` as near to `wanted` as can be; the unlocked others keep the total, in proportion to `amounts`. */
function redistribute(amounts, i, wanted, bounds) {
  const { free, fixed, low, high } = range(amounts, i, bounds);
  const next = [...amounts];
  if (i >= 0) next[i] = clamp(wanted, low, high);
  const rest = (i >= 0 ? bounds.total - next[i] : clamp(wanted, low, high)) - fixed;
  const pick = (list) => free.map((j) => list[j]);
  if (free.length) share(rest, pick(amounts), pick(bounds.min), pick(bounds.max)).forEach((x, n) => (next[free[n]] = x));
  return next;
}

/** Where `x` lies on a rising grid: the cell and the part of it. */
function locate(grid, x) {
  let low = 0, high = grid.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (grid[middle] <= x) low = middle;
    else high = middle - 1;
  }
  return [low, clamp((x - grid[low]) / (grid[low + 1] - grid[low] || 1), 0, 1)];
}

/** Outcome of an allocation from posterior draws (channel × grid × draw); `base`: against that outcome, draw by draw. */
function outcomes(grids, draws, level) {
  const points = sum(grids.map((grid) => grid.length)), count = draws.length / points;
  const starts = grids.map((_, c) => sum(grids.slice(0, c).map((grid) => grid.length)) * count);
  const quantiles = (values) => {
    const sorted = Float64Array.from(values).sort();
    return [(1 - level) / 2, (1 + level) / 2].map((p) => {
      const at = p * (count - 1), k = Math.min(Math.floor(at), count - 2);
      return sorted[k] + (at - k) * (sorted[k + 1] - sorted[k]);
    });
  };
  const mean = (values) => sum(Array.from(values)) / count;
  return function outcome(spends, base) {
    const sample = new Float64Array(count), next = [];
    spends.forEach((spend, c) => {
      const [k, t] = locate(grids[c], spend), a = starts[c] + k * count;
      let slope = 0;
      for (let d = 0; d < count; d++) {
        const rise = draws[a + count + d] - draws[a + d];
        sample[d] += draws[a + d] + t * rise;
        slope += rise;
      }
      next.push(slope / count / (grids[c][k + 1] - grids[c][k] || 1));
    });
    const result = { sample, next, mean: mean(sample), interval: quantiles(sample) };
    if (base) {
      const more = sample.map((x, d) => x - base.sample[d]);
      Object.assign(result, { gain: mean(more), gainInterval: quantiles(more), better: more.filter((x) => x > 0).length / count });
    }
    return result;
  };
}

const OBJECTIVES = [
  ["most_revenue", "Most {noun} for the total"], ["target_roi", "Largest total with a return of"],
  ["target_cpa", "Largest total with a cost each of"], ["least_budget", "Least total that brings"],
];

function render({ model, el }) {
  const get = (key) => model.get(key);
  const unit = 10 ** get("digits"), locale = get("locale"), currency = get("currency"), isMoney = get("is_money");
  const cents = money(locale, currency, get("digits")), whole = money(locale, currency, 0);
  const earned = isMoney ? whole : number(locale, { maximumFractionDigits: 0 });
  const nextOf = isMoney ? money(locale, currency, 2) : number(locale, { maximumSignificantDigits: 2 });
  const share100 = number(locale, { style: "percent", maximumFractionDigits: 0 });
  const change100 = number(locale, { style: "percent", maximumFractionDigits: 0, signDisplay: "always" });
  const show = (amount) => cents.format(amount / unit);
  const signed = (x) => (x >= 0 ? "+" : "−") + earned.format(Math.abs(x));
  const mark = number(locale, {}).formatToParts(1.5).find((part) => part.type === "decimal").value;
  const read = (text) => parseFloat(text.replaceAll(new RegExp(`[^0-9${mark}]`, "g"), "").replace(mark, "."));
  const parse = (text) => Math.round(read(text) * unit);
  const noun = get("noun"), icons = get("icons");

  let channels, current, bounds, amounts, start, active, held, outcome, today, later, timer, isSettled = true;
  const rows = [];
  const list = h("ul", { class: "ap-al-rows" });
  const spoken = h("div", { role: "status", class: "ap-sr" });
  const message = h("p", { class: "ap-al-message", role: "alert" });
  const field = (words, input) => h("label", { class: "ap-al-field" }, h("span", {}, words), input);
  const amount = (attributes) => h("input", { type: "text", inputmode: "decimal", class: "ap-al-amount", autocomplete: "off", ...attributes });
  const totalInput = amount({ onchange: () => setTotal(parse(totalInput.value)) });
  const target = amount({ onchange: () => commit() });
  const targetField = field("", target);
  const objective = h("select", { class: "ap-al-select", onchange: () => { aim(); commit(); } },
    OBJECTIVES.filter(([name]) => isMoney ? name !== "target_cpa" : true)
      .map(([name, words]) => h("option", { value: name }, words.replace("{noun}", noun))));
  const careful = h("input", { type: "checkbox", onchange: () => commit() });
  const optimise = h("button", { type: "button", class: "ap-btn primary", onclick: ask }, "Auto-optimise");
  const back = h("button", { type: "button", class: "ap-btn", onclick: () => { amounts = [...current]; bounds.total = sum(current); fit(); changed(true); } }, "Back to now");
  const bar = () => h("div", { class: "ap-al-line" });
  const result = { more: h("strong"), range: h("span", { class: "small muted" }), lines: [bar(), bar()], texts: [h("span", { class: "num" }), h("span", { class: "num" })] };
  const said = h("p", { class: "ap-foot" });
  const root = h("section", { class: "ap-al", "aria-label": "Budget by channel", "data-lm-suppress-shortcuts": "true" },
    h("div", { class: "ap-al-main" }, list,
      h("p", { class: "ap-key", "aria-hidden": "true" }, h("span", {}, h("i", { class: "ap-al-k now" }), "Spend now"), h("span", {}, h("i", { class: "ap-al-k beyond" }), "Beyond the highest week: extrapolation"),
        h("span", {}, h("i", { class: "ap-al-k shut" }), "Outside the limits"))),
    h("aside", { class: "ap-al-side" }, field(`Total budget a ${get("period")}`, totalInput), message,
      h("p", { class: "lab" }, `Projected ${noun} from ads, a ${get("period")}`),
      h("div", { class: "ap-al-bars" }, ["Now", "This plan"].map((title, n) => [h("span", {}, title), result.lines[n], result.texts[n]])),
      h("p", { class: "ap-al-gain" }, result.more, result.range),
      field("Aim", objective), targetField,
      h("label", { class: "ap-al-check" }, careful, h("span", {}, "Careful: make the worst quarter of what is possible good, not the mean")),
      optimise, back, said), spoken);

  function build() {
    channels = get("channels");
    current = channels.map((channel) => channel.current);
    bounds = { min: [...get("least")], max: [...get("most")], locked: [...get("locked")], total: get("total") };
    const bytes = get("draws");
    const draws = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    outcome = outcomes(channels.map((channel) => channel.grid), draws, get("level"));
    today = outcome(current.map((x) => x / unit));
    rows.splice(0, rows.length, ...channels.map(row));
    list.replaceChildren(...rows.map((r) => r.item));
    amounts = [...get("amounts")];
    objective.value = get("objective");
    careful.checked = get("risk") === "careful";
    aim();
    changed();
  }

  function row(channel, i) {
    const title = channel.name, scale = channel.end;
    const step = 10 ** Math.max(Math.floor(Math.log10(Math.max(scale, 1) / 100)), 0);
    const at = (x) => `${(100 * clamp(x, 0, scale)) / (scale || 1)}%`;
    const fill = h("i", { class: "ap-al-fill" }), shut = [h("i", { class: "ap-al-shut" }), h("i", { class: "ap-al-shut" })];
    const slider = h("input", { type: "range", min: 0, max: scale, step, "aria-label": `${title}, spend a ${get("period")}`, oninput: () => drag(i, Number(slider.value)), onchange: () => commit(),
      // A finger that scrolls the page has moved the slider before the browser knows: take it back.
      onpointerdown: () => (held = amounts), onpointercancel: () => { amounts = held; paint(); } });
    const box = amount({ "aria-label": `${title}, exact amount`, onchange: () => { start = null; drag(i, parse(box.value)); commit(); } });
    const lock = h("button", { type: "button", class: "ap-al-lock", "aria-label": `Lock ${title}`, title: `Lock ${title}`, onclick: () => { bounds.locked[i] = !bounds.locked[i]; changed(true); } });
    const limits = ["least", "most"].map((side) => amount({ "aria-label": `${title}, ${side}`, onchange: () => limit(i, ...limits.map((input) => parse(input.value))) }));
    const note = h("span"), warn = h("span", { class: "ap-al-warn" });
    const item = h("li", { class: `ap-c-${channel.colour}` },
      h("span", { class: "ap-ch" }, h("span", { class: "ap-dot" }, glyph(channel.glyph)), h("span", {}, title)),
      h("div", { class: "ap-al-slider" },
        h("div", { class: "ap-al-rail" }, h("i", { class: "ap-al-beyond", style: `left:${at(channel.seen)}` }), fill, ...shut,
          h("i", { class: "ap-al-now", style: `left:${at(channel.current)}` })), slider),
      box, lock,
      h("div", { class: "ap-al-note" }, note, warn,
        h("details", {}, h("summary", {}, "Limits"), h("div", { class: "ap-al-limits" }, field("At least", limits[0]), field("At most", limits[1])))));
    return { item, slider, box, lock, limits, note, warn, fill, shut, at, scale };
  }

  /** A drag starts from the amounts it found: what it takes away it gives back on the way home. */
  function drag(i, wanted) {
    if (Number.isNaN(wanted) || bounds.locked[i]) return paint();
    if (!start || active !== i) [start, active] = [amounts, i];
    amounts = redistribute(start, i, wanted, bounds);
    isSettled = false;
    paint();
  }
  function setTotal(wanted) {
    const { low, high } = range(amounts, -1, bounds);
    if (!Number.isNaN(wanted)) {
      bounds.total = clamp(wanted, low, high);
      amounts = redistribute(amounts, -1, bounds.total, bounds);
    }
    changed(true);
    say(wanted < low || wanted > high ? `With these limits and locks the total lies between ${show(low)} and ${show(high)}.` : "");
  }
  function limit(i, least, most) {
    const kept = [bounds.min[i], bounds.max[i]];
    [bounds.min[i], bounds.max[i]] = [clamp(least, 0, channels[i].end), clamp(most, 0, channels[i].end)];
    const { low, high } = range(amounts, -1, { ...bounds, locked: bounds.locked.map(() => false) });
    if (!(bounds.min[i] <= bounds.max[i]) || bounds.total < low || bounds.total > high) {
      [bounds.min[i], bounds.max[i]] = kept;
      paint();
      return say("These limits leave no way to spend the total; they were not changed.");
    }
    if (!fit()) {
      [bounds.min[i], bounds.max[i]] = kept;
      return say("With what is locked, these limits leave no way to spend the total; they were not changed.");
    }
    changed(true);
  }
  /** Bring every amount inside its limits; false if the locks leave no way. */
  function fit() {
    const inside = amounts.map((x, j) => (bounds.locked[j] ? x : clamp(x, bounds.min[j], bounds.max[j])));
    const { low, high } = range(inside, -1, bounds);
    if (bounds.total < low || bounds.total > high) return false;
    amounts = redistribute(inside, -1, bounds.total, bounds);
    return true;
  }
  function aim() {
    const seeks = objective.value !== "most_revenue";
    targetField.hidden = !seeks;
    targetField.firstChild.textContent = { target_roi: "Return on all spend", target_cpa: `Cost of one unit of ${noun}`, least_budget: `${noun.charAt(0).toUpperCase()}${noun.slice(1)} a ${get("period")}` }[objective.value] ?? "";
    if (seeks && !target.value) target.value = { target_roi: (today.mean / (sum(current) / unit)).toFixed(1), target_cpa: (sum(current) / unit / today.mean).toFixed(2), least_budget: earned.format(Math.round(today.mean)) }[objective.value];
  }
  function changed(save) {
    start = null;
    say("");
    if (save) isSettled = false;
    paint();
    if (save) commit();
  }
  function commit() {
    model.set({ amounts: [...amounts], total: bounds.total, locked: [...bounds.locked], least: [...bounds.min], most: [...bounds.max],
      objective: objective.value, target: objective.value === "most_revenue" ? null : read(target.value) || null, risk: careful.checked ? "careful" : "mean" });
    model.save_changes();
  }
  const say = (text) => (message.textContent = text);

  function paint() {
    const quick = outcome(amounts.map((x) => x / unit), today);
    const exact = isSettled ? get("outcome") : null;
    const now = exact?.now ?? today, then = exact?.then ?? quick;
    const { gain, gainInterval, better } = exact?.gain ?? quick;
    rows.forEach(({ slider, box, lock, limits, note, warn, fill, shut, at, scale }, i) => {
      const { low, high } = range(amounts, i, bounds);
      slider.value = amounts[i];
      slider.disabled = box.disabled = bounds.locked[i] || low === high;
      const beyond = amounts[i] > channels[i].seen;
      slider.setAttribute("aria-valuetext", show(amounts[i]) + (beyond ? ", more than in any week" : ""));
      if (document.activeElement !== box) box.value = show(amounts[i]);
      fill.style.width = at(amounts[i]);
      shut[0].style.cssText = `left:0;width:${at(bounds.min[i])}`;
      shut[1].style.cssText = `left:${at(bounds.max[i])};right:0`;
      limits.forEach((input, n) => { if (document.activeElement !== input) input.value = show([bounds.min, bounds.max][n][i]); });
      if (lock.ariaPressed !== String(bounds.locked[i])) {
        lock.ariaPressed = String(bounds.locked[i]);
        lock.replaceChildren(glyph(bounds.locked[i] ? icons.lock : icons.unlock, 20));
      }
      const change = amounts[i] === current[i] ? "as now" : current[i] ? `${change100.format(amounts[i] / current[i] - 1).replace("-", "−")} on ${whole.format(current[i] / unit)}` : "nothing now";
      const next = channels[i].is_told ? ` · next ${currency ? whole.format(1) : "unit"} brings ${nextOf.format(quick.next[i])}` : " · the data cannot tell what it earns";
      note.textContent = change + next;
      warn.textContent = beyond ? `More than in any week (${whole.format(channels[i].seen / unit)}): extrapolation` : "";
    });
    if (document.activeElement !== totalInput) totalInput.value = show(bounds.total);
    const low = Math.min(now.interval[0], then.interval[0]), high = Math.max(now.interval[1], then.interval[1]);
    [now, then].forEach(({ mean, interval }, n) => {
      const x = (value) => (high > low ? (100 * (value - low)) / (high - low) : 50);
      result.lines[n].style.cssText = `--a:${x(interval[0])}%;--m:${x(mean)}%;--b:${x(interval[1])}%`;
      result.texts[n].replaceChildren(h("b", {}, earned.format(mean)), h("small", {}, `${earned.format(interval[0])} to ${earned.format(interval[1])}`));
    });
    const same = amounts.every((x, i) => x === current[i]);
    result.more.textContent = same ? "As now" : signed(gain);
    const more = bounds.total - sum(current);
    const spent = Math.abs(more) < unit ? "" : `, for ${whole.format(Math.abs(more) / unit)} ${more > 0 ? "more" : "less"} spend`;
    result.range.textContent = same ? "The plan is what you spend now." : `a ${get("period")}${spent}: ${gainInterval.map(signed).join(" to ")} (${share100.format(get("level"))}); better than now with ${share100.format(better)} probability`;
    said.textContent = isSettled ? get("said") : "";
    clearTimeout(timer);
    timer = setTimeout(() => (spoken.textContent = `${result.more.textContent} ${result.range.textContent}`), 700);
  }

  function ask() {
    optimise.disabled = true;
    optimise.ariaBusy = "true";
    say("");
    commit();
    model.send({ kind: "optimise" });
    later = setTimeout(() => answered({ kind: "failed", text: "The optimiser gave no answer. Nothing was changed." }), 60_000);
  }
  function answered({ kind, text }) {
    if (kind !== "optimised" && kind !== "failed") return;
    clearTimeout(later);
    optimise.disabled = optimise.ariaBusy = false;
    say(kind === "failed" ? text : "");
    optimise.focus({ preventScroll: true });
  }
  function received() {
    if (String(get("amounts")) !== String(amounts) || get("total") !== bounds.total || String(get("locked")) !== String(bounds.locked)
      || String(get("least")) !== String(bounds.min) || String(get("most")) !== String(bounds.max)) {
      Object.assign(bounds, { total: get("total"), locked: [...get("locked")], min: [...get("least")], max: [...get("most")] });
      amounts = [...get("amounts")];
      start = null;
    }
    paint();
  }
  function settled() {
    isSettled = String(get("outcome").amounts) === String(amounts);
    paint();
  }
  const listen = [["change:channels change:draws", build], ["change:amounts change:total change:locked change:least change:most", received], ["change:outcome change:said", settled], ["msg:custom", answered]];
  for (const [event, react] of listen) model.on(event, react);
  el.append(root);
  build();
  return () => { clearTimeout(later); clearTimeout(timer); for (const [event, react] of listen) model.off(event, react); };
}
export { redistribute, range, share, outcomes };
export default { render };
