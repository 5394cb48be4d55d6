import { commandTexts } from '../../../shared/commands/texts'
import { app } from './app'
import { build } from './build'
import { editor } from './editor'
import { format } from './format'
import { help } from './help'
import { languages } from './languages'
import { machine } from './machine'
import { projects } from './projects'
import { settings } from './settings'
import { usb } from './usb'
import { workbench } from './workbench'

export const en = { format, commands: commandTexts.en, ...app, ...build, ...editor, ...help, ...languages, ...machine, ...projects, ...settings, ...usb, ...workbench }
