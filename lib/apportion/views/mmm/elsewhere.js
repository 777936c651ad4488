/* The form that enters a test run elsewhere. It keeps what was typed until the test is stored. */
function render({ model, el }) {
  const get = (key) => model.get(key);
  const controls = {};
  const field = (name, words, control, hint) => {
    controls[name] = control;
    control.setAttribute("aria-label", words);
    return h("label", { class: "ap-be-field" }, h("span", {}, words), control, hint && h("small", { class: "muted" }, hint));
  };
  const input = (attributes) => h("input", { class: "ap-pick-select", autocomplete: "off", ...attributes });
  const percent = (placeholder) => input({ type: "text", inputmode: "decimal", placeholder });
  const select = (options, attributes = {}) => h("select", { class: "ap-pick-select", ...attributes }, options.map(([name, text]) => h("option", { value: name }, text)));
  const enter = h("button", { type: "button", class: "ap-btn", onclick: add }, "Enter the test");
  const problem = h("p", { class: "ap-al-message", role: "alert" }), entered = h("p", { class: "small", role: "status" });
  const factor = field("factor", "Times the usual spend", percent("1.5"));
  const form = h("div", { class: "ap-ls-form" },
    field("name", "Name of the test", input({ type: "text", maxlength: "100" })),
    field("channel", "Channel", select(get("channels"))),
    field("start", "First day", input({ type: "date" })),
    field("end", "Last day", input({ type: "date" })),
    field("share", "Share of the outcome, %", percent("100"), "That its regions usually have"),
    field("spend", "What it spent there", select(get("spends"), { onchange: shown })), factor,
    field("lift", "Lift, %", percent("5"), "With more spend over with less"),
    field("lower", "90% interval from, %", percent("2")),
    field("upper", "to, %", percent("8")), enter);
  el.append(h("details", { class: "ap-ls", "data-lm-suppress-shortcuts": "true" }, h("summary", {}, "Enter a test that was run elsewhere"), form, problem, entered));

  function shown() { factor.hidden = controls.spend.value !== "changed"; }
  function add() {
    enter.disabled = true;
    model.send({ kind: "add", ...Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.value])) });
  }
  function paint() {
    problem.textContent = get("problem");
    entered.textContent = get("entered");
    if (get("entered")) for (const name of ["name", "lift", "lower", "upper"]) controls[name].value = "";
  }
  function done() { enter.disabled = false; }
  model.on("change:problem change:entered", paint);
  model.on("msg:custom", done);
  shown();
  return () => { model.off("change:problem change:entered", paint); model.off("msg:custom", done); };
}
export default { render };
