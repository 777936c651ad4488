/* A few choices in a row, one of them pressed: a filter, or which of several views of one thing. */

function render({ model, el }) {
  const id = 'ap-c-' + Math.random().toString(36).slice(2);
  const title = document.createElement('span'), group = document.createElement('div');
  title.className = 'lab';
  title.id = id;
  group.className = 'ap-seg';
  group.setAttribute('role', 'group');
  group.setAttribute('aria-labelledby', id);
  const show = () => { for (const button of group.children) button.setAttribute('aria-pressed', String(button.dataset.value === model.get('value'))); };
  const draw = () => {
    title.textContent = model.get('title');
    group.replaceChildren(...model.get('options').map(([value, text]) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.dataset.value = value;
      button.textContent = text;
      button.onclick = () => { model.set('value', value); model.save_changes(); };
      return button;
    }));
    show();
  };
  model.on('change:value', show);
  model.on('change:options', draw);
  el.classList.add('ap-field');
  el.append(title, group);
  draw();
  return () => { model.off('change:value', show); model.off('change:options', draw); };
}

export default { render };
