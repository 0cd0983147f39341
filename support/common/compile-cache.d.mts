/** The folder of the compiled code. */
export declare const COMPILE_CACHE: string
