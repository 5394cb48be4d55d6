import { commandTexts } from '../../../shared/commands/texts'
import type { en } from '../en'
import { app } from './app'
import { build } from './build'
import { editor } from './editor'
import { files } from './files'
import { format } from './format'
import { machine } from './machine'
import { projects } from './projects'
import { settings } from './settings'
import { usb } from './usb'
import { workbench } from './workbench'

export const zhCn: typeof en = { format, commands: commandTexts['zh-CN'], ...app, ...build, ...editor, ...files, ...machine, ...projects, ...settings, ...usb, ...workbench }
