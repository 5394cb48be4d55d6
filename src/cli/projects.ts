/** `bootlab templates` and `bootlab new`. */
import { join, relative, resolve } from 'node:path'
import { createProject, listTemplates } from '../main/project'
import { locate } from '../main/services/locations'
import { EXIT } from './exit-codes'

const templatesFolder = (): string => join(locate().resources, 'templates')

export async function templates(json: boolean): Promise<number> {
  const list = await listTemplates(templatesFolder())
  if (json) console.log(JSON.stringify(list.map(({ id, title, teaches, language }) => ({ id, title, teaches, language }))))
  else {
    const width = Math.max(...list.map(({ id }) => id.length))
    for (const { id, teaches, language } of list) console.log(`${id.padEnd(width)}  ${language.padEnd(8)}  ${teaches}`)
    console.log('\nNext: bootlab new <template> [dir]')
  }
  return EXIT.ok
}

export async function newProject(template: string, dir: string, name: string | undefined): Promise<number> {
  const project = await createProject({ templatesDir: templatesFolder(), template, dir: resolve(dir), ...(name === undefined ? {} : { name }) })
  const way = relative(process.cwd(), project.dir)
  const shown = way.startsWith('..') ? project.dir : way || '.'
  console.log(`Made ${project.manifest.name} in ${project.dir}.\nNext: bootlab boot ${shown}`)
  return EXIT.ok
}
