// The page from top to bottom.

startTheme();
startSummary();
startCurves();
startLeaderboards();
startSearches();
startConfusion();
for (const section of document.querySelectorAll("main > section[data-name]:not([hidden])")) {
  byId("nav").append(make("a", { href: `#${section.id}`, textContent: section.dataset.name }));
}
document.addEventListener("DOMContentLoaded", startPlots);
