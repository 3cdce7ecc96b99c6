// The return address is visited twice, as by a browser that fetches ahead or a reader who reloads.
const { href } = document.getElementById('back');
try {
  await fetch(href, { mode: 'no-cors', redirect: 'manual' });
} finally {
  location.replace(href);
}
