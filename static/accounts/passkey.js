// Shows what has to do with passkeys only where the browser knows them, and says in words when one was not given.
(function () {
  "use strict";
  if (window.PublicKeyCredential) {
    Array.prototype.forEach.call(document.querySelectorAll("[data-passkey]"), function (part) { part.hidden = false; });
    Array.prototype.forEach.call(document.querySelectorAll("[data-no-passkey]"), function (part) { part.hidden = true; });
  }
  document.addEventListener("allauth.error", function (event) {
    event.preventDefault();
    var words = document.querySelector("[data-passkey-failed]");
    if (words) { words.hidden = false; }
  });
})();
