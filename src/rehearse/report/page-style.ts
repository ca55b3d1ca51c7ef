/** The page's own style, light and dark. Nothing is loaded from anywhere. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #fbfbf9; --sheet: #ffffff; --ink: #1b1d21; --soft: #646a73; --line: #e2e3df;
  --all: #d5dde6; --part: #2f6f9f; --other: #c2803a; --good: #e3f1e6; --good-ink: #1c6b33; --bad: #fbdcd8; --bad-ink: #a3200f }
@media (prefers-color-scheme: dark) { :root { --ground: #14161a; --sheet: #1b1e23; --ink: #e6e7e9; --soft: #9aa1ab; --line: #2e333b;
  --all: #33404d; --part: #6cb0e0; --other: #e0a868; --good: #1d3325; --good-ink: #8fd6a3; --bad: #48201b; --bad-ink: #ff9e90 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', sans-serif }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px }
h1 { font-size: 26px; margin: 0 0 4px; letter-spacing: -0.01em } h2 { font-size: 20px; margin: 44px 0 2px; letter-spacing: -0.01em }
h3 { font-size: 14px; margin: 0 0 10px } p { margin: 0 0 12px } .soft { color: var(--soft) }
.verdict { display: inline-block; margin: 14px 0 20px; padding: 8px 14px; border-radius: 8px; font-weight: 600 }
.holds { background: var(--good); color: var(--good-ink) } .broke { background: var(--bad); color: var(--bad-ink) }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 14px 0 }
.tile, section { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px }
.tile { padding: 12px 14px } .tile b { display: block; font-size: 22px; font-variant-numeric: tabular-nums; letter-spacing: -0.02em }
.tile span { color: var(--soft); font-size: 13px } section { padding: 18px 20px; margin: 14px 0; overflow-x: auto }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 0 14px }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums } th { font-weight: 500; color: var(--soft); font-size: 13px }
th, td { padding: 5px 10px; text-align: right; white-space: nowrap } th:first-child, td:first-child { text-align: left; padding-left: 0 }
.grid td { border: 3px solid var(--sheet); border-radius: 7px; text-align: center } .grid th:not(:first-child) { text-align: center }
.grid td:first-child { border: 0; text-align: left } .grid .cases td { color: var(--soft) }
td.ok { background: var(--good); color: var(--good-ink) } td.bad { background: var(--bad); color: var(--bad-ink); font-weight: 600 }
.sides td:nth-child(3) { color: var(--other) } .sides tr + tr td { border-top: 1px solid var(--line) }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif } svg .all { fill: var(--all) } svg .part { fill: var(--part) }
svg .other { fill: var(--other) } svg .axis { stroke: var(--line) } svg .label { fill: var(--ink); text-anchor: end }
svg .said, svg .tick { fill: var(--soft) } .key { font-size: 13px; color: var(--soft); margin: -6px 0 12px }
.key i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin: 0 6px 0 0 } .key span { margin-right: 16px }
.k-all { background: var(--all) } .k-part { background: var(--part) } .k-other { background: var(--other) }
.break { border-left: 4px solid var(--bad-ink) } code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, monospace }
pre { margin: 8px 0 0; padding: 10px 12px; background: var(--ground); border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap; word-break: break-word }
ul { margin: 6px 0; padding-left: 20px } footer { margin-top: 40px; color: var(--soft); font-size: 13px }
`
