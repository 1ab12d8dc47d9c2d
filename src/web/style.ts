/** The one style sheet of every page: logical properties alone, so that it serves languages of both directions. At most 15 kB. */
export const style = `
:root { color-scheme: light dark;
  --bg: light-dark(#f4f5f7, #121518); --card: light-dark(#ffffff, #1b1f24); --ink: light-dark(#181d22, #e9ecef);
  --soft: light-dark(#58616a, #a6afb8); --line: light-dark(#d9dde2, #363d45); --edge: light-dark(#7b848d, #747d87);
  --accent: light-dark(#1d5fc4, #8ab4f8); --on-accent: light-dark(#ffffff, #10141a);
  --bad: light-dark(#a8231b, #f2a19b); --bad-bg: light-dark(#fdf0ee, #351f1f); --note-bg: light-dark(#eef3fb, #1d2735);
  --hover: light-dark(#f2f4f7, #252b32); --width: 22rem }
*, ::before, ::after { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
body { margin: 0; min-height: 100vh; background: var(--bg); color: var(--ink); font: 16px/1.5 system-ui, sans-serif;
  display: flex; flex-direction: column; align-items: center; padding: clamp(24px, 10vh, 112px) 16px 24px; overflow-wrap: anywhere }
body.wide { --width: 34rem }
body.broad { --width: 46rem }
.card { inline-size: 100%; max-inline-size: calc(var(--width) + 66px); background: var(--card); border: 1px solid var(--line);
  border-radius: 12px; padding: 32px }
.brand { display: flex; align-items: center; gap: 12px; margin-block-end: 24px; min-block-size: 32px; font-weight: 600 }
.brand svg { inline-size: 28px; block-size: 28px; flex: none; color: var(--accent) }
.brand img { max-block-size: 40px; max-inline-size: 12rem; object-fit: contain; flex: none }
.who { margin-inline: auto 0; display: flex; align-items: center; gap: 4px 16px; flex-wrap: wrap; justify-content: flex-end;
  color: var(--soft); font-size: 14px; font-weight: 400 }
.who form { margin: 0 }
h1 { font-size: 20px; line-height: 28px; font-weight: 600; margin: 0 0 24px; text-wrap: balance }
.broad h1 { font-size: 28px; line-height: 36px }
h2 { font-size: 16px; line-height: 24px; font-weight: 600; margin: 24px 0 4px }
p { margin: 0 0 16px }
strong { font-weight: 600 }
a { color: var(--accent); text-underline-offset: 3px }
ul { padding: 0; list-style: none; margin: 0 0 16px }
a.way, button { display: flex; align-items: center; justify-content: center; gap: 12px; inline-size: 100%; min-block-size: 44px;
  padding: 8px 16px; border-radius: 8px; font: inherit; font-weight: 500; text-align: start; text-decoration: none; cursor: pointer;
  border: 1px solid var(--edge); background: var(--card); color: var(--ink); transition: background 120ms, border-color 120ms; margin: 0 0 8px }
a.way:hover, button:hover { background: var(--hover) }
a.way { justify-content: flex-start }
a.way.main, button.main { background: var(--accent); color: var(--on-accent); border-color: var(--accent) }
a.way.main:hover, button.main:hover { filter: brightness(1.08) }
a.way.main .mark, a.way.main .note { color: inherit }
.mark { inline-size: 20px; block-size: 20px; flex: none }
.mark.shape { color: var(--soft) }
[dir=rtl] .turns { scale: -1 1 }
.note { margin-inline-start: auto; color: var(--soft); font-size: 14px; font-weight: 400; text-align: end }
a.way.offline { border-style: dashed; color: var(--soft); flex-wrap: wrap; gap: 0 12px }
a.way.offline .note { inline-size: 100%; margin-inline-start: 32px; text-align: start }
button.main, button.second { margin-block-start: 24px }
button.quiet { inline-size: auto; border-color: transparent; background: none; color: var(--accent); padding: 8px; margin: 0; font-size: 14px }
button.quiet:hover { background: var(--hover) }
form button:last-child, nav a.way:last-child { margin-block-end: 0 }
form + a.way, button + a.way { margin-block-start: 8px }
.side { margin: 16px 0 -12px; display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 16px; font-size: 14px }
.side a, footer a, summary { display: inline-flex; align-items: center; min-block-size: 44px }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px }
a.way:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible { border-radius: 8px }
label { display: block; font-size: 14px; font-weight: 500; margin: 16px 0 4px }
label.check { display: flex; align-items: center; gap: 12px; min-block-size: 44px; font-weight: 400; margin: 8px 0 0 }
input, select, textarea { inline-size: 100%; min-block-size: 44px; padding: 8px 12px; font: inherit; color: inherit; background: var(--card);
  border: 1px solid var(--edge); border-radius: 8px }
input[type=checkbox], input[type=radio] { inline-size: 20px; min-block-size: 20px; block-size: 20px; margin: 0; flex: none; accent-color: var(--accent) }
input.code { font: 20px/1.5 ui-monospace, monospace; letter-spacing: 4px; max-inline-size: 12rem }
input[aria-invalid=true] { border-color: var(--bad) }
.or { display: flex; align-items: center; gap: 12px; color: var(--soft); font-size: 14px; margin: 20px 0 }
.or::before, .or::after { content: ""; flex: 1; border-block-start: 1px solid var(--line) }
.alert, .status { border-radius: 8px; padding: 12px 16px; margin: 0 0 16px; border: 1px solid }
.alert { background: var(--bad-bg); color: var(--bad) }
.status { background: var(--note-bg); border-color: var(--accent) }
.box { border: 1px solid var(--line); border-radius: 8px; padding: 16px; margin: 24px 0 0; font-size: 14px }
.box h2 { margin: 0; font-size: 14px }
.box-head { display: flex; align-items: center; justify-content: space-between; gap: 16px; min-block-size: 44px; margin-block: -8px 4px }
.box-head button { inline-size: auto; margin: 0; font-size: 14px }
[hidden] { display: none !important }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 0 }
dt { color: var(--soft) }
dd { margin: 0; overflow-wrap: anywhere }
.copied { user-select: all }
code { font: 13px/1.5 ui-monospace, monospace }
.plain { border: 1px solid var(--line); border-radius: 8px; padding: 4px 16px }
.plain li { padding: 8px 0; border-block-end: 1px solid var(--line) }
.plain li:last-child { border: 0 }
.actions { margin: 24px 0 0 }
.actions a.way { justify-content: center }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(14rem, 100%), 1fr)); gap: 8px; margin: 0 }
.tiles a.way { block-size: 100%; min-block-size: 64px; margin: 0; border-color: var(--line) }
.tiles .mark { inline-size: 24px; block-size: 24px }
.initial { display: grid; place-items: center; border-radius: 6px; border: 1px solid var(--line); color: var(--soft); font-size: 13px; line-height: 1; font-weight: 600 }
ol { margin: 0 0 16px; padding-inline-start: 24px }
.picture { max-inline-size: 12rem; margin: 0 0 16px; border-radius: 8px; overflow: hidden; border: 1px solid var(--line) }
.picture svg { display: block; inline-size: 100% }
.codes { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 16px; margin-block: 0 16px }
section + section { margin-block-start: 32px }
table { inline-size: 100%; border-collapse: collapse; font-size: 14px }
th, td { text-align: start; padding: 8px 16px 8px 0; padding-inline: 0 16px; border-block-end: 1px solid var(--line); vertical-align: top }
th { color: var(--soft); font-weight: 500 }
.soft { color: var(--soft); font-size: 14px }
footer { inline-size: 100%; max-inline-size: calc(var(--width) + 66px); padding: 8px 32px; color: var(--soft); font-size: 14px;
  display: flex; flex-wrap: wrap; align-items: flex-start; gap: 0 20px }
footer a, summary { color: var(--soft); text-decoration: none }
footer a:hover, summary:hover { color: var(--ink); text-decoration: underline }
footer details { margin-inline-start: auto }
summary { cursor: pointer; list-style: none; gap: 6px }
summary::-webkit-details-marker { display: none }
summary::after { content: ""; inline-size: 6px; block-size: 6px; border: solid currentColor; border-width: 0 1.5px 1.5px 0; rotate: 45deg; margin-block-end: 3px }
footer ul { margin: 0; border: 1px solid var(--line); border-radius: 8px; padding: 0 16px; background: var(--card) }
footer li a { inline-size: 100% }
@media (max-width: 30rem) {
  body { padding: 0 0 24px; background: var(--card) }
  .card { border: 0; border-radius: 0; padding: 24px 20px 16px }
  footer { padding: 8px 20px }
  .broad h1 { font-size: 20px; line-height: 28px }
  .brand { flex-wrap: wrap }
  .who { inline-size: 100%; justify-content: space-between }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important } }
@media (forced-colors: active) { .mark, .brand svg { color: CanvasText } }
`
