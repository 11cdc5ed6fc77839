--- The stylesheet of the HTML report: system fonts, light and dark by the reader's choice, black on white when printed.
return [[
:root{color-scheme:light dark;--paper:#fff;--ink:#1b2530;--soft:#5c6b7a;--rule:#dfe5eb;--tint:#f5f7f9;--good:#1a7f4b;--bad:#c0322b;--warn:#9a6200;
--c1:#2f6fb3;--c2:#d9822b;--c3:#8a4fb0;--c4:#1f9d8f;--c5:#c0322b;--c6:#7b8794;--c7:#b0457f;--heat:#2f6fb3}
@media (prefers-color-scheme:dark){:root{--paper:#12181f;--ink:#e4eaf0;--soft:#98a6b4;--rule:#2b3642;--tint:#1a222b;--good:#4cc38a;--bad:#ff7a70;--warn:#e5b454;
--c1:#6cabf0;--c2:#f0a35e;--c3:#c493e6;--c4:#56c8ba;--c5:#ff7a70;--c6:#98a6b4;--c7:#f29ac0;--heat:#6cabf0}}
@media print{:root{--paper:#fff;--ink:#000;--soft:#444;--rule:#bbb;--tint:#fff;--good:#0a5c34;--bad:#9c1f19;--warn:#7a4d00}figure,table{break-inside:avoid}main{max-width:none}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 22px 60px}h1{font-size:26px;margin:0 12px 0 0;display:inline}h2{font-size:18px;margin:38px 0 10px;padding-bottom:4px;border-bottom:1px solid var(--rule)}
p{margin:6px 0}.meta{color:var(--soft)}.lead{font-size:17px;margin:12px 0}
.badge{display:inline-block;padding:2px 12px;border-radius:12px;font-weight:600;vertical-align:4px}.pass{color:var(--good)}.fail,.error{color:var(--bad)}.inconclusive{color:var(--warn)}
.badge.pass{color:#fff;background:#1a7f4b}.badge.fail,.badge.error{color:#fff;background:#c0322b}
.badge.inconclusive,.badge.cancelled,.badge.interrupted,.badge.running{color:#fff;background:#9a6200}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{text-align:right;white-space:nowrap;padding:5px 10px;border-bottom:1px solid var(--rule)}
th{color:var(--soft);font-weight:600;font-size:13px}th:first-child,td:first-child,th.left,td.left{text-align:left}td:first-child,td.left{white-space:normal;overflow-wrap:break-word}td:first-child{min-width:11em;max-width:34em}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,500px),1fr));gap:18px}figure{margin:0;background:var(--tint);border:1px solid var(--rule);border-radius:8px;padding:10px 12px}
figcaption{font-weight:600;margin-bottom:4px}figcaption small{font-weight:400;color:var(--soft)}svg{width:100%;height:auto;display:block}svg.bar{width:240px;height:12px;display:inline-block;vertical-align:middle}
.tick{font-size:11px;fill:var(--soft)}.grid{stroke:var(--rule);stroke-width:1}.axis{stroke:var(--soft);stroke-width:1}.line{fill:none;stroke:currentColor;stroke-width:1.6;stroke-linejoin:round}
.area{fill:currentColor;fill-opacity:.75;stroke:none}.c1{color:var(--c1)}.c2{color:var(--c2)}.c3{color:var(--c3)}.c4{color:var(--c4)}.c5{color:var(--c5)}.c6{color:var(--c6)}.c7{color:var(--c7)}.heat{fill:var(--heat)}
.dashed{stroke-dasharray:5 4}.limit{stroke:var(--bad);stroke-width:1.2;stroke-dasharray:6 4}.limit-text{font-size:11px;fill:var(--bad)}.band{fill:var(--soft);fill-opacity:.1}
.mark{stroke:var(--warn);stroke-width:1;stroke-dasharray:2 3}.mark-text{font-size:10px;fill:var(--warn)}
.legend{margin:4px 0 0;font-size:13px;color:var(--ink)}.key{color:var(--ink);margin-right:14px;white-space:nowrap}.key::before{content:"";display:inline-block;width:12px;height:3px;margin-right:6px;vertical-align:middle;background:var(--c6)}
.key.c1::before{background:var(--c1)}.key.c2::before{background:var(--c2)}.key.c3::before{background:var(--c3)}.key.c4::before{background:var(--c4)}.key.c5::before{background:var(--c5)}.key.c7::before{background:var(--c7)}.key.dashed::before{background:none;width:18px;height:0;border-top:2px dashed var(--c6)}.key.c2.dashed::before{border-color:var(--c2)}.key.c5.dashed::before{border-color:var(--c5)}.key.band-key::before{height:10px;background:var(--soft);opacity:.18}
code,pre{font:13px/1.45 ui-monospace,"SF Mono",Menlo,Consolas,monospace}pre{overflow-x:auto;background:var(--tint);padding:12px;border-radius:8px}code{overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}ul{margin:6px 0;padding-left:20px}
]]
