/** Electron's channel names, shared by main and preload. */

/** Sent once by each page's preload script: a new page is here, requests of the one before are void. */
export const CONNECT = 'bootlab:connect'
/** These two carry one text message of the channel. */
export const TO_MAIN = 'bootlab:to-main'
export const TO_PAGE = 'bootlab:to-page'
