/** Monaco's list of completions. Its `features/suggest/register` leaves out the controller, without which nothing is ever offered. */
declare module 'monaco-editor/editor/contrib/suggest/browser/suggestController'
