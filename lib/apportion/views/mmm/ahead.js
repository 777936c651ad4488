/* A name for a plan, and the button that saves it. */
function render({ model, el }) {
  const input = h("input", { type: "text", class: "ap-pick-select", maxlength: 80, autocomplete: "off", onkeydown: (event) => event.key === "Enter" && send() });
  const save = h("button", { type: "button", class: "ap-btn primary", onclick: () => send() }, model.get("action"));
  el.classList.add("ap-pick");
  el.append(h("div", { class: "ap-name" }, h("label", {}, h("span", {}, model.get("title")), input), save));
  const send = () => model.send({ kind: "save", name: input.value });
  const clear = ({ kind }) => { if (kind === "saved") input.value = ""; };
  model.on("msg:custom", clear);
  return () => model.off("msg:custom", clear);
}
export default { render };
