/*
 * report_style.c - the style sheet of the report: light, dark, narrow screens and print. Used by report_page.c.
 *
 * Easy is blue and hard is orange everywhere (apart for all common kinds of colour blindness); nothing else is
 * coloured.
 */
#include "report_page.h"

const char *const report_style[] = {
    ":root{color-scheme:light dark;--paper:#fff;--card:#f6f6f4;--ink:#1d1d1f;--soft:#5c5f66;--line:#dddcd8;"
    "--easy:#2a6fb0;--hard:#ba5108;--all:#4a4d55;--faint:.32}\n",
    "@media screen and (prefers-color-scheme:dark){:root{--paper:#16171a;--card:#202227;--ink:#ececee;--soft:#a2a5ad;"
    "--line:#383b42;--easy:#62a8e5;--hard:#f0954a;--all:#c4c7ce;--faint:.36}}\n",
    "*{box-sizing:border-box}\n",
    "html{-webkit-text-size-adjust:100%}\n",
    "body{margin:0;background:var(--paper);color:var(--ink);"
    "font:16px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif}\n",
    "body>header,main,body>footer{max-width:1080px;margin:0 auto;padding:0 24px}\n",
    "body>header{padding-top:48px}\n",
    "h1{font-size:2.1rem;line-height:1.15;letter-spacing:-.02em;margin:0 0 16px;text-wrap:balance}\n",
    "h2{font-size:1.4rem;line-height:1.25;letter-spacing:-.01em;margin:64px 0 8px}\n",
    "h3{font-size:1.05rem;line-height:1.3;margin:0}\n",
    "p{margin:0 0 12px;max-width:46em}\n",
    "a{color:inherit;text-underline-offset:3px;text-decoration-color:var(--soft)}\n",
    ".kicker{color:var(--soft);font-size:.85rem;margin-bottom:8px}\n",
    ".lead{font-size:1.1rem}\n",
    ".soft,figcaption,.caption{color:var(--soft);font-size:.9rem}\n",
    "figcaption{margin-top:8px}\n",
    ".names,code{overflow-wrap:anywhere}\n",
    "code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,\"Liberation Mono\",monospace;font-size:.88em}\n",
    "pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:14px 16px;margin:0 0 12px;"
    "white-space:pre-wrap;overflow-wrap:anywhere}\n",
    "nav{display:flex;flex-wrap:wrap;gap:4px 20px;margin-top:24px;font-size:.9rem}\n",
    ".facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:1px;background:var(--line);"
    "border:1px solid var(--line);border-radius:6px;overflow:hidden;margin:24px 0 0}\n",
    ".facts div{background:var(--paper);padding:12px 16px}\n",
    ".facts dt{color:var(--soft);font-size:.82rem}\n",
    ".facts dd{margin:0;font-size:1.3rem;font-weight:600;font-variant-numeric:tabular-nums;letter-spacing:-.01em}\n",
    ".notes{margin:40px 0 0;padding:18px 22px;background:var(--card);border-left:4px solid var(--hard);"
    "border-radius:0 6px 6px 0}\n",
    ".notes.fine{border-left-color:var(--easy)}\n",
    ".notes h2{font-size:1.05rem;margin:0 0 8px}\n",
    ".notes ul{margin:0;padding-left:1.1em}\n",
    ".notes li{margin:6px 0;max-width:52em}\n",
    ".notes p{margin:0}\n",
    "figure{margin:0}\n",
    "svg{display:block;width:100%;height:auto}\n",
    "svg text{fill:var(--soft);font:12px system-ui,-apple-system,\"Segoe UI\",Roboto,Arial,sans-serif;"
    "font-variant-numeric:tabular-nums}\n",
    "svg.small text{font-size:10px}\n",
    "svg text.title{font-size:12px}\n",
    ".grid{stroke:var(--line);stroke-width:1}\n",
    ".base,.tick{stroke:var(--soft);stroke-width:1}\n",
    ".easy{fill:var(--easy)}.hard{fill:var(--hard)}.all{fill:var(--all)}.faint{fill-opacity:var(--faint)}\n",
    ".curve{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}\n",
    ".curve.easy{stroke:var(--easy)}.curve.hard{stroke:var(--hard)}.curve.all{stroke:var(--all);stroke-dasharray:5 "
    "4}\n",
    "svg text.name{font-weight:600}svg text.easy{fill:var(--easy)}svg text.hard{fill:var(--hard)}"
    "svg text.all{fill:var(--all)}\n",
    ".range{stroke:var(--all);stroke-width:3;stroke-linecap:round}.middle{fill:var(--ink)}\n",
    ".pair{display:grid;grid-template-columns:1fr 1fr;gap:32px;margin-top:16px}\n",
    ".panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(180px,1fr));gap:24px "
    "28px;margin-top:16px;align-items:end}\n",
    ".panels h3{display:flex;justify-content:space-between;gap:12px;align-items:baseline}\n",
    ".panels h3 span{color:var(--soft);font-size:.82rem;font-weight:400;white-space:nowrap}\n",
    ".key{display:flex;flex-wrap:wrap;gap:4px 20px;color:var(--soft);font-size:.9rem;margin:8px 0 0;padding:0;"
    "list-style:none}\n",
    ".key svg{display:inline-block;width:14px;height:10px;margin-right:7px}\n",
    ".table{overflow-x:auto;margin-top:16px}\n",
    "table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}\n",
    "th,td{padding:6px 12px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}\n",
    "th:first-child,td:first-child{text-align:left;padding-left:0;white-space:normal;overflow-wrap:anywhere;"
    "min-width:7em}\n",
    "th:last-child,td:last-child{padding-right:0}\n",
    "thead "
    "th{color:var(--soft);font-weight:500;font-size:.85rem;vertical-align:bottom;border-bottom-color:var(--soft)}\n",
    "tbody th{font-weight:500}\n",
    "tfoot th,tfoot td{font-weight:600;border-bottom:0;border-top:1px solid var(--soft)}\n",
    "td svg.strip{width:140px;margin:0 auto}\n",
    "td svg.kept{width:150px;height:11px;margin:0 auto}\n",
    ".wide{text-align:center}\n",
    ".bar{display:block;height:10px;background:var(--all);min-width:1px}\n",
    ".group{margin-top:32px;padding-top:16px;border-top:1px solid var(--line)}\n",
    ".group header{display:flex;flex-wrap:wrap;gap:0 16px;align-items:baseline;margin-bottom:6px}\n",
    ".end{margin:12px 0 6px;font-size:.85rem;font-weight:600}\n",
    ".end.easy{color:var(--easy)}.end.hard{color:var(--hard)}\n",
    ".thumbs{display:grid;grid-template-columns:repeat(8,minmax(0,1fr));gap:14px "
    "12px;margin:0;padding:0;list-style:none;"
    "align-items:start}\n",
    ".thumbs img,.thumbs .none{display:block;width:100%;aspect-ratio:1;object-fit:contain;background:var(--card);"
    "border-radius:3px;box-shadow:0 0 0 1px var(--line)}\n",
    ".thumbs .none{color:var(--soft);font-size:.75rem;padding:8px;border:1px dashed var(--line)}\n",
    ".thumbs img.tiny{image-rendering:pixelated}\n",
    ".thumbs .is-kept{outline:3px solid var(--easy);outline-offset:2px}.end.hard+.thumbs "
    ".is-kept{outline-color:var(--hard)}\n",
    ".thumbs b{display:block;font-size:.85rem;font-weight:600;font-variant-numeric:tabular-nums;margin-top:6px;"
    "line-height:1.3}\n",
    ".thumbs .file{display:block;color:var(--soft);font-size:.75rem;line-height:1.3;overflow-wrap:anywhere}\n",
    ".tag{display:inline-block;font-size:.7rem;line-height:1.35;padding:0 5px;border-radius:3px;margin:2px 3px 0 0;"
    "border:1px solid var(--soft)}\n",
    ".tag.kept{background:var(--easy);border-color:var(--easy);color:var(--paper)}"
    ".end.hard+.thumbs .tag.kept{background:var(--hard);border-color:var(--hard)}\n",
    "body>footer{color:var(--soft);font-size:.85rem;padding-top:64px;padding-bottom:48px}\n",
    "@media (max-width:700px){body>header,main,body>footer{padding-left:16px;padding-right:16px}"
    "body>header{padding-top:28px}h1{font-size:1.6rem}h2{margin-top:48px}svg.chart "
    "text{font-size:14px}.pair{grid-template-columns:1fr}"
    ".thumbs{grid-template-columns:repeat(4,minmax(0,1fr))}.facts{grid-template-columns:1fr 1fr}"
    ".panels{grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:20px 16px}}\n",
    "@media print{@page{margin:14mm}body{font-size:10.5pt}nav{display:none}body>header,main,body>footer{max-width:none;"
    "padding-left:6px;padding-right:6px}body>header{padding-top:0}h2{margin-top:28px;break-after:avoid}"
    "figure,.group,.notes,tr,.facts{break-inside:avoid}.table{overflow:visible}"
    "*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}\n",
    NULL,
};
