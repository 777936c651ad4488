/* A row of tabs over one panel: the box with the class in `panel`, which stands beside it. */
function render({ model, el }) {
  const titles = model.get("titles"), id = model.get("identity");
  const buttons = titles.map(([name, title]) =>
    h("button", { type: "button", role: "tab", id: `${id}-${name}`, onclick: () => choose(name), onkeydown: (event) => move(event, name) }, title));
  const list = h("div", { role: "tablist", class: "ap-tabs", "aria-label": model.get("label") }, ...buttons);
  el.classList.add("ap-tabrow");
  el.append(list);

  function choose(name) {
    model.set("selected", name);
    model.save_changes();
  }
  function move(event, name) {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = titles.findIndex(([other]) => other === name), last = titles.length - 1;
    const next = Number.isFinite(step) ? (at + step + last + 1) % (last + 1) : step > 0 ? last : 0;
    choose(titles[next][0]);
    buttons[next].focus();
  }
  function paint() {
    const selected = model.get("selected");
    titles.forEach(([name], n) => {
      buttons[n].ariaSelected = String(name === selected);
      buttons[n].tabIndex = name === selected ? 0 : -1;
      if (name === selected && list.scrollWidth > list.clientWidth) list.scrollTo({ left: buttons[n].offsetLeft - list.offsetLeft - 24 });
    });
    const panel = el.parentElement?.querySelector(`.${model.get("panel")}`);
    if (!panel) return void requestAnimationFrame(() => el.isConnected && paint());
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", `${id}-${selected}`);
    panel.tabIndex = -1;
  }
  model.on("change:selected", paint);
  requestAnimationFrame(paint);
  return () => model.off("change:selected", paint);
}
export default { render };
