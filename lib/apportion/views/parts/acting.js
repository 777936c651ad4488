// Markup that Python made (escaped there), whose [data-act] elements report what was done to them. A redraw keeps the focus,
// the open details and what was typed. [data-poll] asks for news by itself, after so many milliseconds, as long as it is shown.

function render({ model, el }) {
  const keyOf = (node) => `${node.dataset.act}|${node.dataset.arg ?? ""}`;
  let asking;
  const poll = () => {
    clearTimeout(asking);
    const node = el.querySelector("[data-poll]");
    if (node) asking = setTimeout(() => el.isConnected && model.send({ act: "poll", arg: "", fields: {} }), Number(node.dataset.poll));
  };
  const draw = () => {
    const active = document.activeElement;
    const focused = active?.dataset?.act && el.contains(active) ? keyOf(active) : null;
    const open = new Set([...el.querySelectorAll("details[id][open]")].map((node) => node.id));
    const typed = new Map([...el.querySelectorAll("input[id],textarea[id]")].map((node) => [node.id, node.value]));
    el.innerHTML = model.get("html");
    for (const id of open) { const node = el.querySelector(`#${CSS.escape(id)}`); if (node) node.open = true; }
    for (const [id, value] of typed) {
      const node = el.querySelector(`#${CSS.escape(id)}`);
      if (node?.dataset.keep !== undefined) node.value = value;
    }
    if (focused) [...el.querySelectorAll("[data-act]")].find((node) => keyOf(node) === focused)?.focus({ preventScroll: true });
    poll();
  };
  const send = (node) => {
    const fields = {};
    for (const input of node.closest("form,[data-form]")?.querySelectorAll("input[name],textarea[name]") ?? []) {
      fields[input.name] = input.value;
    }
    el.setAttribute("aria-busy", "true");
    model.send({ act: node.dataset.act, arg: node.dataset.arg ?? "", fields });
  };
  const clicked = (event) => {
    const node = event.target.closest("[data-act]");
    if (!node || node.disabled) return;
    event.preventDefault();
    node.closest("details.ap-pop")?.removeAttribute("open");
    send(node);
  };
  const pressed = (event) => {
    if (event.key === "Escape") {
      const box = event.target.closest("details.ap-pop[open]");
      if (box) { box.open = false; box.querySelector("summary").focus(); }
    }
    if (event.key === "Enter" && event.target.matches("input[name]")) {
      const button = event.target.closest("form,[data-form]")?.querySelector("[data-act]");
      if (button && !button.disabled) { event.preventDefault(); send(button); }
    }
  };
  el.addEventListener("click", clicked);
  el.addEventListener("keydown", pressed);
  const done = () => { el.removeAttribute("aria-busy"); poll(); };
  model.on("change:html", draw);
  model.on("msg:custom", done);
  draw();
  return () => { clearTimeout(asking); model.off("change:html", draw); model.off("msg:custom", done); el.removeEventListener("click", clicked); el.removeEventListener("keydown", pressed); };
}
export default { render };
