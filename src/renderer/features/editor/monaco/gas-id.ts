/** The name by which Monaco knows GNU assembly; apart from the grammar, which only the editor loads. */
export const GAS_LANGUAGE = 'gas-x86'
