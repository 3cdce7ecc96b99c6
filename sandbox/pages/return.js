// The return address is visited twice, as by a browser that fetches ahead or a reader who reloads.
const { href } = document.getElementById('back');
// Where the first visit leads is of no interest, and not for this page to see.
await fetch(href, { mode: 'no-cors' }).catch(() => {});
location.replace(href);
