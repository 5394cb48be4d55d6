import { z } from 'zod'
import type { Problem } from '../../shared/problems'
import { ProjectError } from './errors'
import { parseJsonText, problemsOfIssues } from './json-text'
import { bootKey } from './manifest-boot'
import { imageFormatKey, imageKey } from './manifest-image'
import { diskPart, nativeKeys, projectPath, targetPath } from './manifest-parts'
import { memory, runKey } from './manifest-run'
import { readTextFile } from './text-file'

export const MANIFEST_FILE = 'bootlab.json'

const name = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, 'a name has 1 to 64 letters, digits, "-", "_" or ".", and starts with a letter, digit or "_".')
  .describe('Names the files that a build writes: build/<name>.elf and build/<name>.img.')

/** Why a text may not be a project's name, or undefined when it may. */
export function nameFault(text: string): string | undefined {
  return name.safeParse(text).error?.issues[0]?.message
}

const base = {
  $schema: z.string().optional().describe('For editors; ignored by Bootlab.'),
  name,
  title: z.string().max(200).optional().describe('A line shown for the project.'),
  run: runKey.prefault({}),
  open: z.array(projectPath).max(16).optional().describe('Files that the window opens in tabs first; by default the target specification and the first source.'),
}

const shared = { ...base, target: targetPath }

const cManifest = z.strictObject({
  ...shared,
  ...nativeKeys,
  boot: bootKey.optional(),
  image: imageKey.optional(),
  kind: z.literal('c').describe('A kernel from C and assembly files.'),
  output: z
    .enum(['elf', 'flat'])
    .default('elf')
    .describe('What is packed with the boot loader: the linked ELF file, or (flat) its bare bytes, build/<name>.bin, for a kernel whose Multiboot header says where it belongs.'),
})
const bootSectorManifest = z.strictObject({
  ...shared,
  ...nativeKeys,
  image: imageFormatKey.optional(),
  kind: z.literal('boot-sector').describe('One 512-byte sector, linked at 0x7c00, that the BIOS loads and starts itself.'),
})
const diskManifest = z.strictObject({
  ...shared,
  image: imageFormatKey.optional(),
  kind: z.literal('disk').describe('A raw disk image of parts at sectors of your choice: your own boot sector, further stages, a kernel, files.'),
  parts: z.array(diskPart).min(1).max(64).describe('What lies on the disk. The part at sector 0 is started by the BIOS.'),
  size: memory.optional().describe('Size of the disk, such as "10M"; a whole number of MiB that holds all parts when absent.'),
})
const commandManifest = z.strictObject({
  ...base,
  boot: bootKey.optional(),
  image: imageKey.optional(),
  kind: z.literal('command').describe('A kernel or image that a program of your own makes: make, a script.'),
  command: z
    .array(z.string().max(4096))
    .min(1)
    .max(256)
    .describe("The program and its arguments, run without a shell. {CC}, {LD}, {AR}, {OBJCOPY} and {AS} stand for Bootlab's own tools, which are in the environment under these names too."),
  directory: projectPath.default('.').describe('The folder that the command runs in.'),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable name has letters, digits and "_".'), z.string().max(4096)).default({}).describe('Further environment variables; {CC} and its like stand for the tools here too.'),
  output: projectPath.describe('The kernel (ELF) or disk image that the command makes.'),
})
const prebuiltManifest = z.strictObject({
  ...base,
  boot: bootKey.optional(),
  image: imageKey.optional(),
  kind: z.literal('prebuilt').describe('A kernel (ELF) or disk image that is there already.'),
  file: projectPath.describe('The kernel or image to boot.'),
})
const rustManifest = z.strictObject({
  ...base,
  boot: bootKey.optional(),
  image: imageKey.optional(),
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
export const manifestSchema = z.discriminatedUnion('kind', [cManifest, rustManifest, bootSectorManifest, diskManifest, commandManifest, prebuiltManifest])

export type Manifest = z.infer<typeof manifestSchema>
export type CManifest = z.infer<typeof cManifest>
export type RustManifest = z.infer<typeof rustManifest>
export type BootSectorManifest = z.infer<typeof bootSectorManifest>
export type DiskManifest = z.infer<typeof diskManifest>
export type CommandManifest = z.infer<typeof commandManifest>
export type PrebuiltManifest = z.infer<typeof prebuiltManifest>
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
