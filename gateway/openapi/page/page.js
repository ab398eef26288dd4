"use strict";
const search = document.getElementById("search");
const groups = [];
for (const node of document.getElementById("links").children) {
  if (node.tagName === "H2") groups.push({ heading: node, links: [] });
  else groups.at(-1).links.push(node);
}

search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let any = false;
  for (const { heading, links } of groups) {
    for (const link of links) link.hidden = !words.every((word) => link.dataset.words.includes(word));
    heading.hidden = words.length > 0 && links.every((link) => link.hidden);
    any ||= !heading.hidden;
  }
  document.getElementById("none").hidden = any;
});
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") groups.flatMap((group) => group.links).find((link) => !link.hidden)?.click();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  }
});

const root = document.documentElement;
root.dataset.theme = localStorage.getItem("theme") ?? "";
document.getElementById("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
});

const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    document.querySelector(`#links a[href="#${target.id}"]`)?.classList.toggle("here", isIntersecting);
  }
}, { rootMargin: "0px 0px -70% 0px" });
for (const article of document.querySelectorAll("article.op")) seen.observe(article);
