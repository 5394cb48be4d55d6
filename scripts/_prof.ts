import { Machine } from '/work/wt/state/src/main/emulator/machine/machine'
import { differences, ObjectGraph } from '/work/wt/state/tests/support/object-graph'
const image = new Uint8Array(1<<20); image.set([0xfa,0xeb,0xfe]); image.set([0x55,0xaa],510)
const o = { image, memoryBytes: 16<<20, backend: 'interp' as const, startDate: 0, onSerial: () => undefined, onDebugConsole: () => undefined }
const a = new Machine(o); a.run(1000000)
const b = new Machine(o); b.load(a.save())
const inside = ObjectGraph.prototype.inside
const kinds = new Map<string, [number, number]>()
ObjectGraph.prototype.inside = function (x: object) { const t = performance.now(); const r = inside.call(this, x); const k = typeof x === 'function' ? 'function' : x.constructor?.name ?? '?'; const e = kinds.get(k) ?? [0,0]; e[0]++; e[1] += performance.now()-t; kinds.set(k, e); return r }
const t = process.cpuUsage().user
console.log(differences(a, b, { ignores: (p) => /#backend$/.test(p), views: () => true }).length, 'cpu', (process.cpuUsage().user-t)/1e6)
console.log([...kinds].sort((x,y)=>y[1][1]-x[1][1]).slice(0,12))
