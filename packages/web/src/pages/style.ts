/**
 * How pages look: plain elements look right by themselves, so that a page is written in HTML and hardly needs classes.
 *
 *     button, a.button      the main action; .quiet for the other one, .danger for what cannot be undone
 *     .buttons              actions side by side, the main one first
 *     .field                a label, its input, a .hint below (`field.ts` makes them)
 *     .notice               a remark; .warning, .error, .good
 *     .muted, .small        what matters less
 *     .rows > li            a list of things with an action each
 *     .check                a box to tick and what it means, as one label
 *     .said                 a stranger's words, so that they cannot be taken for ours; pre is so by itself
 *
 * It stands in the page, and the page's policy names its hash: no second request, and no other style is obeyed.
 */
import { createHash } from "node:crypto";

export const style = `
:root{color-scheme:light dark;--paper:#f4f3ef;--card:#fff;--ink:#1c2325;--muted:#5a6568;--line:#d9dad4;--edge:#8b9496;
--accent:#1d5c57;--accent-ink:#fff;--accent-hover:#164945;--tint:#eef3f1;--warn:#8a5a00;--warn-tint:#fdf5e3;
--bad:#a3261c;--bad-tint:#fdeeec;--good:#2b6a35;--good-tint:#edf6ee}
@media (prefers-color-scheme:dark){:root{--paper:#111516;--card:#191f20;--ink:#e6ebea;--muted:#9ba8a8;--line:#2d3637;--edge:#6d7a7b;
--accent:#7cc9be;--accent-ink:#0b1c1a;--accent-hover:#96d8ce;--tint:#202a2a;--warn:#e8b65a;--warn-tint:#2a2415;
--bad:#f2968c;--bad-tint:#2f1c1a;--good:#8fce98;--good-tint:#18271b}}
*,*::before,*::after{box-sizing:border-box}
html{font:100%/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;-webkit-text-size-adjust:100%}
body{margin:0;min-height:100vh;padding:2.5rem 1rem;background:var(--paper);color:var(--ink);overflow-wrap:anywhere}
.mark{display:flex;align-items:center;justify-content:center;gap:.5rem;margin:0 0 1.5rem;color:var(--muted);font-weight:600}
.mark svg{width:1.375rem;height:1.375rem;color:var(--accent)}
main{max-width:31rem;margin:0 auto;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:1rem}
.wide main{max-width:46rem}
h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.25;font-weight:650;letter-spacing:-.01em}
h2{margin:2rem 0 .75rem;font-size:1.0625rem;line-height:1.35;font-weight:650}
p,ul,ol,dl,fieldset,details,table{margin:0 0 1rem}
main>:last-child,form>:last-child{margin-bottom:0}
a{color:var(--accent)}
strong{font-weight:650}
code{font:.9375em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{margin:0 0 1rem;padding:.75rem .875rem;border-radius:.625rem;background:var(--tint);font:.9375em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;
white-space:pre-wrap;direction:ltr;unicode-bidi:isolate}
hr{margin:1.5rem 0;border:0;border-top:1px solid var(--line)}
.said{padding:0 .25em;border-radius:.3em;background:var(--tint);-webkit-box-decoration-break:clone;box-decoration-break:clone}
.muted{color:var(--muted)}
.small{font-size:.875rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
button,.button{display:inline-block;min-height:2.75rem;padding:.5rem 1.25rem;border:1px solid var(--accent);border-radius:.625rem;
background:var(--accent);color:var(--accent-ink);font:inherit;font-weight:600;line-height:1.6;text-align:center;text-decoration:none;cursor:pointer}
button:hover,.button:hover{background:var(--accent-hover);border-color:var(--accent-hover)}
.quiet,.danger{background:transparent;color:var(--ink);border-color:var(--edge)}
.danger{color:var(--bad);border-color:currentColor}
.quiet:hover,.danger:hover{background:var(--tint);border-color:currentColor}
button.link{min-height:0;padding:0;border:0;background:none;color:var(--accent);font-weight:inherit;text-decoration:underline}
button:disabled{opacity:.55;cursor:default}
.buttons{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.5rem}
.buttons>*{flex:1 1 9rem}
.field{margin:0 0 1.125rem}
.field label{display:block;margin-bottom:.3125rem;font-weight:600}
.field .hint{margin:.3125rem 0 0;color:var(--muted);font-size:.875rem}
.field .wrong{margin:.3125rem 0 0;color:var(--bad);font-size:.9375rem}
input:not([type=checkbox],[type=radio],[type=hidden]),select,textarea{display:block;width:100%;min-height:2.75rem;padding:.5rem .75rem;
border:1px solid var(--edge);border-radius:.625rem;background:var(--card);color:inherit;font:inherit}
textarea{resize:vertical}
input[aria-invalid=true],textarea[aria-invalid=true]{border-color:var(--bad)}
input[type=checkbox],input[type=radio]{width:1.125rem;height:1.125rem;margin:.1875rem 0 0;accent-color:var(--accent);flex:none}
.check{display:flex;gap:.625rem;align-items:flex-start;padding:.3125rem 0;cursor:pointer}
fieldset{min-width:0;padding:0;border:0}
legend{padding:0;font-weight:650}
summary{padding:.25rem 0;cursor:pointer;color:var(--accent);font-weight:600}
details[open]>summary{margin-bottom:.5rem}
.notice{padding:.75rem .875rem;border-radius:.625rem;background:var(--tint)}
.notice.warning{background:var(--warn-tint);color:var(--warn)}
.notice.error{background:var(--bad-tint);color:var(--bad)}
.notice.good{background:var(--good-tint);color:var(--good)}
.rows{padding:0;list-style:none;border-top:1px solid var(--line)}
.rows>li>div{flex:1 1 16rem}
.rows>li{display:flex;flex-wrap:wrap;gap:.5rem 1rem;justify-content:space-between;align-items:center;padding:.75rem 0;border-bottom:1px solid var(--line)}
dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem}
dt{color:var(--muted)}
dd{margin:0}
table{width:100%;border-collapse:collapse}
th,td{padding:.5rem .75rem .5rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
.foot{max-width:31rem;margin:1.25rem auto 0;text-align:center;color:var(--muted);font-size:.875rem}
.wide .foot{max-width:46rem}
.qr{display:block;width:12rem;max-width:100%;margin:0 auto 1rem;padding:.75rem;border-radius:.625rem;background:#fff;color:#000}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (min-width:30.01rem){.wide .buttons>*{flex:none}}
@media (max-width:30rem){body{padding:1.25rem .75rem}main{padding:1.375rem 1.125rem;border-radius:.875rem}.mark{margin-bottom:1rem}.buttons>*{flex-basis:100%}}
`;

/** The source that allows it in a Content-Security-Policy (CSP 3, §6.7.2). */
export const styleSource = `'sha256-${createHash("sha256").update(style).digest("base64")}'`;
