import { z } from 'zod'
import { CPU_MODEL_NAMES } from '../../shared/cpu-models'
import type { Problem } from '../../shared/problems'
import { ProjectError } from './errors'
import { parseJsonText, problemsOfIssues } from './json-text'
import { memorySize } from './memory-size'
import { pathFault } from './paths'
import { readTextFile } from './text-file'

export const MANIFEST_FILE = 'bootlab.json'

const projectPath = z
  .string()
  .superRefine((path, context) => {
    const fault = pathFault(path)
    if (fault !== undefined) context.addIssue({ code: 'custom', message: `${fault}.` })
  })

const name = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, 'a name has 1 to 64 letters, digits, "-", "_" or ".", and starts with a letter, digit or "_".')
  .describe('Names the files that a build writes: build/<name>.elf and build/<name>.img.')

/** Why a text may not be a project's name, or undefined when it may. */
export function nameFault(text: string): string | undefined {
  return name.safeParse(text).error?.issues[0]?.message
}

const memory = z
  .string()
  .superRefine((text, context) => {
    const size = memorySize(text)
    if (!size.ok) context.addIssue({ code: 'custom', message: size.why })
  })
  .describe('Memory of the machine: a number with K, M or G, such as "128M".')

const run = z
  .strictObject({
    memory: memory.default('128M'),
    append: z.string().max(2048).default('').describe("The kernel's command line, handed over by the boot loader."),
    cpu: z.enum(CPU_MODEL_NAMES).optional().describe('The processor: a model from "8086" to "core2", or "max", all that the emulator knows.'),
  })
  .describe('How the machine is set up when the project boots.')

const targetPath = projectPath
  .refine((path) => path.endsWith('.json'), 'a target specification is a .json file.')
  .describe("Path of the target specification: Rust's target JSON. It decides triple, CPU features, red zone, code model and linking.")

const base = {
  $schema: z.string().optional().describe('For editors; ignored by Bootlab.'),
  name,
  title: z.string().max(200).optional().describe('A line shown for the project.'),
  run: run.prefault({}),
  open: z.array(projectPath).max(16).optional().describe('Files that the window opens in tabs first; by default the target specification and the first source.'),
}

const shared = { ...base, target: targetPath }

const sourceFile = projectPath.refine((path) => /\.(c|S|s)$/.test(path), 'a source is a .c, .S or .s file.')

const native = {
  ...shared,
  sources: z.array(sourceFile).min(1).max(512).describe('C (.c) and assembly (.S with, .s without C preprocessor) files, linked in this order.'),
  includeDirs: z.array(projectPath).max(64).default([]).describe('Folders searched by #include, after the folder of the including file.'),
  defines: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a macro name has letters, digits and "_".'), z.union([z.string().max(4096), z.number()]))
    .default({})
    .describe('Preprocessor macros: name to value.'),
  optimize: z.enum(['0', '1', '2', '3', 's', 'z']).default('2').describe("The compiler's -O level."),
  warnings: z.enum(['none', 'default', 'all', 'extra']).default('all').describe('none: -w, all: -Wall, extra: -Wall -Wextra.'),
  linkerScript: projectPath.optional().describe('A linker script for ld.lld.'),
}

const cManifest = z.strictObject({ ...native, kind: z.literal('c').describe('A kernel from C and assembly files.') })
const bootSectorManifest = z.strictObject({
  ...native,
  kind: z.literal('boot-sector').describe('One 512-byte sector, linked at 0x7c00, that the BIOS loads and starts itself.'),
})
const rustManifest = z.strictObject({
  ...base,
  target: z
    .union([targetPath, z.string().regex(/^[a-z0-9_]+(-[a-z0-9_.]+)+$/, 'a built-in target has a name such as "x86_64-unknown-none".')])
    .optional()
    .describe("Path of the target specification (Rust's target JSON), or the name of a target that is built into rustc. By default that of .cargo/config.toml, else x86_64-unknown-none."),
  kind: z.literal('rust').describe('A kernel built by cargo with build-std.'),
  manifestPath: projectPath.default('Cargo.toml').describe('The Cargo.toml to build: of a package or a workspace.'),
  package: z.string().min(1).max(128).optional().describe('The package of the workspace that is the kernel; needed only when several could be.'),
  bin: z.string().min(1).max(128).optional().describe('The binary target to build; needed only when the package has several.'),
  features: z.array(z.string().min(1).max(128)).max(64).default([]).describe('Features to switch on.'),
  defaultFeatures: z.boolean().default(true).describe('Whether the default features are on.'),
  profile: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'a profile has a name such as "release".').default('dev').describe("Cargo's profile: dev, release, or one of your own."),
  buildStd: z
    .array(z.enum(['core', 'compiler_builtins', 'alloc']))
    .min(1)
    .optional()
    .describe('The parts of the standard library to build for the target. By default those of .cargo/config.toml (unstable.build-std), else core, compiler_builtins and alloc.'),
})

/** The one description of `bootlab.json`; parsing, the editor's schema and the documentation come from it. */
export const manifestSchema = z.discriminatedUnion('kind', [cManifest, rustManifest, bootSectorManifest])

export type Manifest = z.infer<typeof manifestSchema>
export type CManifest = z.infer<typeof cManifest>
export type RustManifest = z.infer<typeof rustManifest>
export type BootSectorManifest = z.infer<typeof bootSectorManifest>
export type ProjectKind = Manifest['kind']

export type ManifestResult = { ok: true; manifest: Manifest } | { ok: false; problems: Problem[] }

/** Parse a manifest's text. Never throws: problems carry the places at fault. */
export function parseManifest(text: string): ManifestResult {
  const json = parseJsonText(text, MANIFEST_FILE, 'manifest')
  if (!json.ok) return json
  const parsed = manifestSchema.safeParse(json.document.value)
  if (parsed.success) return { ok: true, manifest: parsed.data }
  return { ok: false, problems: problemsOfIssues(parsed.error.issues, json.document, MANIFEST_FILE, 'manifest') }
}

/**
 * Read and check a manifest file.
 * @param path of `bootlab.json`
 * @throws ProjectError, with `problems` when the text is at fault
 */
export async function readManifest(path: string): Promise<Manifest> {
  const result = parseManifest(await readTextFile(path, 'manifest'))
  if (result.ok) return result.manifest
  const [first] = result.problems
  const more = result.problems.length - 1
  throw new ProjectError({
    what: 'The manifest has a mistake',
    where: first?.line === undefined ? path : `${path}:${first.line}:${first.column}`,
    why: `${first?.message ?? 'It is not a manifest.'}${more > 0 ? ` (and ${more} more)` : ''}`,
    next: 'Correct it; the editor describes every key as you type, and so does resources/schemas/README.md.',
    problems: result.problems,
  })
}
