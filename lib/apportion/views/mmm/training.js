/* The form that asks for a training, and how far the one that runs is. The browser asks for news while a run goes on, so that
   nothing ticks in the kernel of a page that nobody looks at. */
const ASK_EVERY = 1000, TYPING = 500;

function render({ model, el }) {
  const get = (key) => model.get(key);
  const icons = get("icons");
  let typing, asking, isAsked = false;
  const input = (attributes) => h("input", { class: "ap-al-amount left", autocomplete: "off", oninput: edited, ...attributes });
  const field = (words, control, hint) => h("label", { class: "ap-al-field" }, h("span", {}, words), control, hint && h("small", { class: "muted" }, hint));
  const channels = input({ type: "text", spellcheck: "false", value: get("channels") });
  const start = input({ type: "date" }), end = input({ type: "date" });
  const chips = h("div", { class: "ap-tr-chips", role: "group", "aria-label": "Channels in the data" });
  const run = h("button", { type: "button", class: "ap-btn primary", onclick: () => ask("train") }, "Train the model");
  const cancel = h("button", { type: "button", class: "ap-btn", onclick: () => ask("cancel") }, "Cancel");
  const checks = h("div", { class: "ap-notes" }), message = h("div", { class: "ap-notes", role: "alert" });
  const head = h("p", {}), bar = h("i"), chains = h("ul", { class: "ap-tr-chains" }), detail = h("p", { class: "small muted" });
  const job = h("div", { class: "ap-tr-job", role: "group", "aria-label": "Training" }, head, cancel,
    h("span", { class: "ap-bar", role: "progressbar", "aria-label": "Training", "aria-valuemin": 0, "aria-valuemax": 100 }, bar), chains, detail);
  const spoken = h("div", { role: "status", class: "ap-sr" });
  const grain = h("select", { class: "ap-al-amount left", onchange: () => ask("grain") });
  const grains = field("Fit the model to", grain);
  const form = h("div", { class: "ap-tr-form" },
    field("Channels, comma-separated", channels, "Empty: every channel with enough spend"),
    field("Training data from", start), field("to", end), grains, run);
  const root = h("section", { class: "ap-tr", "aria-label": "Train a model", "data-lm-suppress-shortcuts": "true" }, form, chips, message, checks, job, spoken);

  const named = () => channels.value.split(",").map((name) => name.trim()).filter(Boolean);
  const note = (tone, title, text) => h("div", { class: `ap-note ${tone}` }, glyph(icons[tone] ?? icons.info, 20), h("b", {}, title), text && h("p", {}, text));

  function edited() {
    clearTimeout(typing);
    paintChips();
    typing = setTimeout(() => ask("check"), TYPING);
  }
  function toggle(name) {
    const now = named();
    channels.value = (now.includes(name) ? now.filter((other) => other !== name) : [...now, name]).join(", ");
    edited();
  }
  function ask(kind) {
    clearTimeout(typing);
    if (kind === "train") run.disabled = true;
    if (kind === "cancel") cancel.disabled = true;
    model.send({ kind, channels: channels.value, start: start.value, end: end.value, grain: grain.value });
  }
  function paintChips() {
    const now = named();
    chips.replaceChildren(...get("suggestions").map(({ name, title, glyph: paths, colour, told }) =>
      h("button", { type: "button", class: `ap-tr-chip ap-c-${colour}`, "aria-pressed": String(now.includes(name)), title: told, onclick: () => toggle(name) },
        h("span", { class: "ap-dot" }, glyph(paths, 16)), title, h("small", { class: "muted" }, told))));
  }
  function paint() {
    const job_ = get("run"), isOn = Boolean(job_ && !job_.ended);
    job.hidden = !isOn;
    form.classList.toggle("busy", isOn);
    run.disabled = isOn || get("is_refused");
    run.textContent = isOn ? "Training" : "Train the model";
    if (isOn) {
      head.replaceChildren(h("b", {}, job_.title), ` ${job_.percent}%`, job_.left && h("span", { class: "muted" }, ` · ${job_.left}`));
      bar.parentElement.style.setProperty("--p", job_.percent);
      bar.parentElement.setAttribute("aria-valuenow", job_.percent);
      cancel.disabled = false;
      detail.textContent = `${job_.message} You can leave this page: it goes on, and is here when you come back.`;
      chains.replaceChildren(...job_.chains.map(({ chain, percent, told }) =>
        h("li", {}, h("span", {}, `Chain ${chain}`), h("span", { class: "ap-bar", style: `--p:${percent}` }, h("i")), h("span", { class: "num" }, told))));
      const words = `${job_.title} ${job_.percent - (job_.percent % 10)}%`;
      if (spoken.textContent !== words) spoken.textContent = words;
    }
    message.replaceChildren(...get("told").map(({ tone, title, text }) => note(tone, title, text)));
    checks.replaceChildren(...(isOn ? [] : get("checks").map(({ tone, title, text }) => note(tone, title, text))));
    if (!isOn && !get("checks").length && !isAsked) {
      isAsked = true;
      ask("check");
    }
    if (isOn) asking ??= setInterval(() => el.isConnected && model.send({ kind: "poll" }), ASK_EVERY);  // news may be no news, and no event
    else asking = clearInterval(asking);
  }
  function values() {
    channels.value = get("channels");
    [start.value, end.value] = [get("start"), get("end")];
    for (const each of [start, end]) [each.min, each.max] = [get("first_day"), get("last_day")];
    grain.replaceChildren(...get("grains").map(([value, words]) => h("option", { value }, words)));
    grain.value = get("grain");
    grains.hidden = get("grains").length < 2;
    paintChips();
  }
  const listen = [["change:channels change:start change:end change:suggestions change:grains change:grain", values], ["change:run change:told change:checks change:is_refused", paint],
    ["msg:custom", () => paint()]];
  for (const [event, react] of listen) model.on(event, react);
  el.append(root);
  values();
  paint();
  return () => { clearTimeout(typing); clearInterval(asking); for (const [event, react] of listen) model.off(event, react); };
}
export default { render };
