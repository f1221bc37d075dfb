// The menu of staff pages is folded on a phone and open on a wide screen; without script it folds everywhere.
const wide = window.matchMedia("(min-width: 992px)");

function unfold() {
  for (const menu of document.querySelectorAll("[data-open-wide]")) {
    menu.open = wide.matches;
  }
}

wide.addEventListener("change", unfold);
unfold();
document.getElementById("ringkasan-galat")?.focus();
