/**
 * Who may import whom. A module of the main process stands alone: it knows `src/shared` and itself; only the services
 * put modules together, and only the doors know the services.
 */
const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from, pathNot: '\\.test\\.tsx?$' },
  to: { path: '^src/', pathNot: [...allowed, from] },
})

const shared = '^src/shared/'

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', comment: 'A cycle hides which part depends on which.', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'resolvable', severity: 'error', comment: 'Every import leads somewhere.', from: { path: '^src/' }, to: { couldNotResolve: true, pathNot: '\\?(url|worker|raw)|^monaco-editor' } },
    {
      name: 'electron-only-in-its-door',
      severity: 'error',
      comment: 'All but the window itself runs on plain Node, so that it can be tested without the Electron binary.',
      from: { path: '^src/', pathNot: '^src/(main/index\\.ts$|main/desktop/|preload/)' },
      to: { path: '(^|/)electron($|/)', pathNot: '^src/' },
    },
    only('shared-imports-nothing', '^src/shared/', [], 'Contracts and plain types are at the bottom.'),
    only('renderer-knows-the-contract', '^src/renderer/', [shared], 'The renderer knows the contract, not who implements it.'),
    only('preload-is-a-bridge', '^src/preload/', [shared], 'The preload script has no logic.'),
    only('files-stand-alone', '^src/main/files/', [shared], 'Writing files safely knows nothing of what is written.'),
    only('image-stands-alone', '^src/main/image/', [shared], 'A module of the main process knows shared types and itself.'),
    only('project-stands-alone', '^src/main/project/', [shared], 'A module of the main process knows shared types and itself.'),
    only('languages-stand-alone', '^src/main/languages/', [shared], 'A language server is asked without knowing what a project is.'),
    only('toolchain-knows-projects', '^src/main/toolchain/', [shared, '^src/main/(files|project)/'], 'Compilers are driven by what a project says.'),
    only('emulator-stands-alone', '^src/main/emulator/', [shared], 'A module of the main process knows shared types and itself.'),
    only('network-stands-alone', '^src/main/emulator/net/', ['^src/main/emulator/machine/clock\\.ts', '^src/main/emulator/state/fields\\.ts'], 'The network beyond the cable knows frames, and no network card.'),
    only('usb-stands-alone', '^src/main/usb/(?!format/)', [shared, '^src/main/(files|usb)/'], 'What may be written is decided without knowing what is written.'),
    only('format-makes-tables', '^src/main/usb/format/', [shared, '^src/main/image/(fat|fat-geometry|fat-read|gpt|guid|layout|mbr)\\.ts'], 'A drive gets the same tables as an image does, and is never touched here.'),
    only('wasm-knows-no-x86', '^src/main/emulator/wasm/', [], 'The byte emitter is about WebAssembly only.'),
    only('cpu-knows-no-machine', '^src/main/emulator/cpu/', ['^src/main/emulator/wasm/', '^src/main/emulator/state/fields\\.ts', shared], 'The CPU meets the machine through cpu/ports.ts.'),
    only('devices-know-ports', '^src/main/emulator/devices/', [shared, '^src/main/emulator/cpu/ports\\.ts', '^src/main/emulator/machine/clock\\.ts', '^src/main/emulator/state/fields\\.ts'], 'A chip knows its bus and its clock.'),
    only('state-knows-no-parts', '^src/main/emulator/state/', [shared], 'How parts are saved is the same for all of them.'),
    only('services-do-not-know-doors', '^src/main/services/', [shared, '^src/main/(files|project|toolchain|languages|image|emulator|usb)/'], 'Doors call services, never the other way round.'),
    only('server-is-a-door', '^src/main/server/', [shared, '^src/main/services/'], 'Doors call services.'),
    only('desktop-is-a-door', '^src/main/(desktop/|index\\.ts)', [shared, '^src/main/services/'], 'Doors call services.'),
    only('cli-is-a-door', '^src/cli/', [shared, '^src/main/(services|server)/'], 'Doors call services.'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'], exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
}
