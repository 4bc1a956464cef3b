// Menus close when something in them was chosen, when somebody clicks elsewhere, and with Escape.

const open = () => [...document.querySelectorAll("details.menu[open]")];

addEventListener("click", (event) => {
  for (const menu of open()) {
    if (!menu.contains(event.target) || event.target.closest(".menu button, .menu a")) menu.open = false;
  }
});

addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
