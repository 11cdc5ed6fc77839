--- The stylesheet of the HTML report: system fonts, light and dark by the reader's choice, black on white when printed.
return [[
:root{color-scheme:light dark;--paper:#fff;--ink:#1b2530;--soft:#5c6b7a;--rule:#dfe5eb;--tint:#f5f7f9;--good:#177245;--bad:#b52a24;--warn:#855400;
--c1:#2566a8;--c2:#a35a0c;--c3:#8a4fb0;--c4:#0f766b;--c5:#b52a24;--c6:#5f6b78;--c7:#a83d77;--heat:#2566a8}
@media (prefers-color-scheme:dark){:root{--paper:#12181f;--ink:#e4eaf0;--soft:#98a6b4;--rule:#2b3642;--tint:#1a222b;--good:#4cc38a;--bad:#ff7a70;--warn:#e5b454;
--c1:#6cabf0;--c2:#f0a35e;--c3:#c493e6;--c4:#56c8ba;--c5:#ff7a70;--c6:#98a6b4;--c7:#f29ac0;--heat:#6cabf0}}
@media print{:root{--paper:#fff;--ink:#000;--soft:#444;--rule:#bbb;--tint:#fff;--good:#0a5c34;--bad:#9c1f19;--warn:#7a4d00;
--c1:#2566a8;--c2:#a35a0c;--c3:#8a4fb0;--c4:#0f766b;--c5:#b52a24;--c6:#5f6b78;--c7:#a83d77;--heat:#2566a8}figure,tr,dt,dd,li{break-inside:avoid}h2,h3,summary{break-after:avoid}main{max-width:none;padding:0}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 22px 60px}h1{font-size:26px;margin:0 12px 0 0;display:inline}h2{font-size:18px;margin:38px 0 10px;padding-bottom:4px;border-bottom:1px solid var(--rule)}
h3{font-size:15px;margin:12px 0 4px}p{margin:6px 0}.meta{color:var(--soft)}.lead{font-size:17px;margin:12px 0}
nav{margin:14px 0 0;font-size:14px;line-height:1.9}nav a{margin-right:14px;white-space:nowrap;text-decoration:none}nav a:hover{text-decoration:underline}.badge{display:inline-block;padding:2px 12px;border-radius:12px;font-weight:600;vertical-align:4px}.pass{color:var(--good)}.fail,.error{color:var(--bad)}.inconclusive{color:var(--warn)}
.badge.pass{color:#fff;background:#1a7f4b}.badge.fail,.badge.error{color:#fff;background:#c0322b}
.badge.inconclusive,.badge.cancelled,.badge.interrupted,.badge.running{color:#fff;background:#9a6200}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{text-align:right;white-space:nowrap;padding:5px 10px;border-bottom:1px solid var(--rule)}
th{color:var(--soft);font-weight:600;font-size:13px}th:first-child,td:first-child,th.left,td.left{text-align:left}td:first-child,td.left{white-space:normal;overflow-wrap:break-word}td:first-child{min-width:11em;max-width:34em}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,500px),1fr));gap:18px}.small{grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:12px}.small .tick{font-size:15px}.small .mark-text{font-size:14px}.small figcaption{overflow-wrap:anywhere}figure{margin:0;background:var(--tint);border:1px solid var(--rule);border-radius:8px;padding:10px 12px}
figcaption{font-weight:600;margin-bottom:4px}figcaption small{font-weight:400;color:var(--soft)}svg{width:100%;height:auto;display:block}svg.bar{width:240px;height:12px;display:inline-block;vertical-align:middle}
.tick{font-size:11px;fill:var(--soft)}.grid{stroke:var(--rule);stroke-width:1}.axis{stroke:var(--soft);stroke-width:1}.line{fill:none;stroke:currentColor;stroke-width:1.6;stroke-linejoin:round}
.area{fill:currentColor;fill-opacity:.75;stroke:none}.c1{color:var(--c1)}.c2{color:var(--c2)}.c3{color:var(--c3)}.c4{color:var(--c4)}.c5{color:var(--c5)}.c6{color:var(--c6)}.c7{color:var(--c7)}.heat{fill:var(--heat)}
.history{max-width:860px}.fan{fill:currentColor;fill-opacity:.26;stroke:none}.level{stroke-width:2.4}.dashed{stroke-dasharray:5 4}.limit{stroke:var(--bad);stroke-width:1.2;stroke-dasharray:6 4}.limit-text{font-size:11px;fill:var(--bad)}.band{fill:var(--soft);fill-opacity:.1}
.mark{stroke:var(--warn);stroke-width:1;stroke-dasharray:2 3}.mark-text{font-size:10px;fill:var(--warn)}.phase{fill:none;stroke:var(--soft);stroke-width:1}.phase-text{font-size:10px;fill:var(--soft)}
.legend{margin:4px 0 0;font-size:13px;color:var(--ink)}.key{color:var(--ink);margin-right:14px;white-space:nowrap}.key::before{content:"";display:inline-block;width:12px;height:3px;margin-right:6px;vertical-align:middle;background:var(--c6)}
.key.c1::before{background:var(--c1)}.key.c2::before{background:var(--c2)}.key.c3::before{background:var(--c3)}.key.c4::before{background:var(--c4)}.key.c5::before{background:var(--c5)}.key.c7::before{background:var(--c7)}.key.dashed::before{background:none;width:18px;height:0;border-top:2px dashed var(--c6)}.key.c2.dashed::before{border-color:var(--c2)}.key.c5.dashed::before{border-color:var(--c5)}.key.band-key::before{height:10px;background:var(--soft);opacity:.18}
code,pre{font:13px/1.45 ui-monospace,"SF Mono",Menlo,Consolas,monospace}pre{overflow-x:auto;background:var(--tint);padding:12px;border-radius:8px}code{overflow-wrap:anywhere}td code{overflow-wrap:normal}
.waterfall td:first-child{min-width:15em}.waterfall small{color:var(--soft)}.waterfall td.bar,.waterfall th.bar{width:52%;min-width:220px;text-align:left}svg.span{width:100%;height:14px}
.scale{display:flex;justify-content:space-between}.pale{fill:currentColor;fill-opacity:.3}.full{fill:currentColor}.critical{fill:var(--ink)}.event{fill:var(--ink)}.key.critical-key::before{background:var(--ink)}
.waterfall td:first-child span[class^=in]{display:block}.in1{margin-left:.8em}.in2{margin-left:1.6em}.in3{margin-left:2.4em}.in4{margin-left:3.2em}.in5{margin-left:4em}.in6{margin-left:4.8em}.in7{margin-left:5.6em}.in8{margin-left:6.4em}.in9{margin-left:7.2em}.in10{margin-left:8em}.in11{margin-left:8.8em}.in12{margin-left:9.6em}.in0{margin-left:0}
details{margin:10px 0}details details{margin-left:14px}summary{cursor:pointer;padding:4px 0;font-weight:600}summary code{font-weight:400;color:var(--soft)}a{color:var(--c1)}:focus-visible{outline:2px solid var(--c1);outline-offset:2px}
@media screen and (max-width:700px){main{padding:18px 14px 40px}td:first-child{min-width:8em;overflow-wrap:anywhere}.scroll td:first-child,.scroll th:first-child{position:sticky;left:0;background:var(--paper)}td.left{min-width:6em}.tick{font-size:15px}.limit-text,.mark-text{font-size:14px}.phase-text{display:none}figure svg{overflow:visible}
.waterfall,.waterfall thead,.waterfall tbody{display:block}.waterfall tr{display:grid;grid-template-columns:repeat(4,1fr);border-bottom:1px solid var(--rule);padding:4px 0}.waterfall th,.waterfall td{border:0;padding:2px 4px}
.waterfall th:first-child,.waterfall td:first-child,.waterfall th.bar,.waterfall td.bar{grid-column:1/-1;min-width:0;width:auto}}
@media print{nav{display:none}.scroll{overflow:visible}body{font-size:12px}.lead{font-size:14px}.legend{font-size:11px}code,pre{font-size:11px}table{font-size:11px}th{font-size:11px}th,td{padding:3px 5px;white-space:normal}td:first-child{min-width:8em}.charts,.small{grid-template-columns:1fr 1fr;gap:10px}svg.bar{width:120px}.waterfall td.bar,.waterfall th.bar{min-width:150px}
pre{white-space:pre-wrap;overflow-wrap:anywhere}details::details-content{content-visibility:visible;display:block}}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}ul{margin:6px 0;padding-left:20px}
]]
