// The theme, set before the first paint so that a dark room stays dark.
//
// A plain script in the head, not a module: modules run after the page has
// been drawn. It remembers a choice only if the person made one; otherwise the
// system decides, and goes on deciding.
(function () {
  "use strict";
  var key = "interdict.theme";
  var root = document.documentElement;

  function stored() {
    try {
      var value = localStorage.getItem(key);
      return value === "light" || value === "dark" ? value : "";
    } catch (refused) {
      return "";
    }
  }

  function apply(choice) {
    if (choice) root.dataset.theme = choice;
    else delete root.dataset.theme;
  }

  apply(stored());

  window.interdictTheme = {
    // "light", "dark", or "" where the system decides.
    choice: stored,
    choose: function (choice) {
      apply(choice);
      try {
        if (choice) localStorage.setItem(key, choice);
        else localStorage.removeItem(key);
      } catch (refused) {
        // A browser that keeps nothing still shows what was chosen.
      }
    },
  };
})();
