/**
 * Every sentence and label of the window, by language. Components take them with `useStrings`, so that they change with the language;
 * other code asks `currentStrings` at the moment of use. The English catalogue is the shape that all others have.
 */
import { createStore } from 'zustand/vanilla'
import { useStore } from 'zustand'
import type { Language } from '../../shared/languages'
import { en } from './en'
import { zhCn } from './zh-CN'

export type Strings = typeof en

export const catalogues: Readonly<Record<Language, Strings>> = { en, 'zh-CN': zhCn }

const store = createStore<{ language: Language }>(() => ({ language: 'en' }))

export const setLanguage = (language: Language): void => store.setState({ language })
export const currentLanguage = (): Language => store.getState().language
export const currentStrings = (): Strings => catalogues[store.getState().language]
export const onLanguageChanged = (listener: () => void): (() => void) => store.subscribe(listener)
export const useStrings = (): Strings => useStore(store, ({ language }) => catalogues[language])
