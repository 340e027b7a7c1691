import { compilePolicies, simulate } from "./src/index.ts";
import { ruleOf, callerOf, connectionOf, useOf } from "./src/testing/rule-of.ts";
const kinds=[(i)=>({at:{portals:[`portal-${i%50}`],servers:[`server-${i%7}`]},include:[{group:`group-${i}`},{group:"staff"}]}),(i)=>({include:[{group:`group-${i}`}]}),(i)=>({include:[{ip:`10.${i>>8}.${i&255}.0/24`}]}),(i)=>({include:[{time:{from:`${String(i%24).padStart(2,"0")}:00`,to:`${String(i%24).padStart(2,"0")}:30`,zone:"Europe/Berlin"}}]})];
const rules=Array.from({length:1000},(_, i)=>ruleOf({name:`r-${i}`,...kinds[i%4](i)}));
const strict=rules.map((r,i)=>i%5===0?{...r,action:"block"}:r);
const people=Array.from({length:200},(_, i)=>callerOf({id:`u${i}`,groups:["staff",...Array.from({length:20},(_, of)=>`group-${i+of*31}`)]}));
const N=20000;
async function* rec(){ for(let c=0;c<N;c++) yield {caller:people[c%200],connection:connectionOf({address:`10.0.${c%40}.1`}),use:useOf({portal:`portal-${c%50}`,server:`server-${c%7}`,tool:`t${c%10}`,nowMs:1750000000000+c*997,arguments:undefined})}; }
let cpu=process.cpuUsage(); let s=performance.now();
await simulate(compilePolicies(rules),compilePolicies(strict),rec());
cpu=process.cpuUsage(cpu); console.log("sim µs/call wall",(performance.now()-s)*1000/N,"cpu",(cpu.user+cpu.system)/N);
const ex=compilePolicies(Array.from({length:1000},(_, i)=>ruleOf({name:`r-${i}`,include:[{expression:`call.arguments.path.startsWith("/${i}/")`}]})));
const j=ex.judge(callerOf(),connectionOf());
for (let k=0;k<20;k++) j.decide(useOf({arguments:{path:"/tmp/a"}}));
cpu=process.cpuUsage(); for (let k=0;k<50;k++) j.decide(useOf({arguments:{path:"/tmp/a"}})); cpu=process.cpuUsage(cpu); console.log("1000 expr cpu µs/decision",(cpu.user+cpu.system)/50);
