// The token stands behind the #, where no server sees it. It is handed over in a form, once.
const form = document.forms.namedItem('enter');
const enter = () => {
  const token = location.hash.replace(/^#\/-\//, '');
  if (!token) return;
  form.elements.namedItem('token').value = token;
  form.submit();
};
addEventListener('hashchange', enter);
enter();
