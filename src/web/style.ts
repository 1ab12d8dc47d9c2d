import { createHash } from 'node:crypto'

/** The one style sheet of every page. Inline, so that a page is one answer; the policy names its hash. */
export const style = `
:root { color-scheme: light dark;
  --bg: light-dark(#f6f7f8, #14171a); --card: light-dark(#ffffff, #1c2025); --ink: light-dark(#1a1f24, #e8eaed);
  --soft: light-dark(#59626b, #a2abb4); --line: light-dark(#d5dade, #383f47); --accent: light-dark(#1d5fc4, #8ab4f8);
  --on-accent: light-dark(#ffffff, #10141a); --bad: light-dark(#b3261e, #f2a19b); --bad-bg: light-dark(#fcecea, #3a2020);
  --hover: light-dark(#f0f3f6, #252b32); }
* { box-sizing: border-box }
body { margin: 0; background: var(--bg); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 22rem; margin: 0 auto; padding: clamp(32px, 12vh, 128px) 16px 48px; }
main.wide { max-width: 34rem }
h1 { font-size: 20px; line-height: 28px; font-weight: 600; margin: 0 0 24px; overflow-wrap: anywhere }
h2 { font-size: 16px; font-weight: 600; margin: 24px 0 4px }
p { margin: 0 0 16px }
.brand { display: flex; align-items: center; gap: 8px; margin: 0 0 16px; color: var(--soft); font-size: 14px; font-weight: 500 }
.brand svg { width: 20px; height: 20px; color: var(--accent) }
a { color: var(--accent) }
a.way, button { display: flex; align-items: center; justify-content: center; gap: 8px; width: 100%; min-height: 44px; padding: 8px 16px;
  border-radius: 8px; font: inherit; font-weight: 500; text-decoration: none; cursor: pointer; border: 1px solid var(--line);
  background: var(--card); color: var(--ink); transition: background 120ms; margin: 0 0 8px }
a.way:hover, button:hover { background: var(--hover) }
a.way { justify-content: flex-start }
a.way svg { width: 20px; height: 20px; flex: none; color: var(--soft) }
a.way .note { margin-left: auto; white-space: nowrap; color: var(--soft); font-size: 14px; font-weight: 400 }
button.main { background: var(--accent); color: var(--on-accent); border-color: var(--accent); margin-top: 16px }
button.main:hover { filter: brightness(1.08) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
label { display: block; font-size: 14px; font-weight: 500; margin: 16px 0 4px }
input { width: 100%; min-height: 44px; padding: 8px 12px; font: inherit; color: inherit; background: var(--card);
  border: 1px solid light-dark(#7d868f, #6d7680); border-radius: 8px }
.or { display: flex; align-items: center; gap: 12px; color: var(--soft); font-size: 14px; margin: 16px 0 }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line) }
.alert { border: 1px solid var(--bad); background: var(--bad-bg); color: var(--bad); border-radius: 8px; padding: 8px 12px; margin: 0 0 16px }
.box { border: 1px solid var(--line); background: var(--card); border-radius: 8px; padding: 12px 16px; margin: 24px 0; font-size: 14px }
.box h2 { margin: 0 0 8px; font-size: 14px }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 0 }
dt { color: var(--soft) }
dd { margin: 0; overflow-wrap: anywhere; user-select: all }
code { font: 13px/1.5 ui-monospace, monospace }
ul { padding: 0; list-style: none; margin: 0 0 16px }
ul.plain li { padding: 8px 0; border-bottom: 1px solid var(--line) }
ul.plain li:last-child { border: 0 }
.soft { color: var(--soft); font-size: 14px }
footer { color: var(--soft); font-size: 14px; margin-top: 24px }
@media (prefers-reduced-motion: reduce) { * { transition: none !important } }
`

/** `style-src` entry of the content security policy. */
export const styleSource = `'sha256-${createHash('sha256').update(style).digest('base64')}'`
