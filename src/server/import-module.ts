/**
 * Imports a module that is known when the server runs. A file of its own: in the bundle, which is
 * no module, tools/bundle.mjs puts another in its place.
 */
export const importModule = (specifier: string): Promise<unknown> => import(specifier);
