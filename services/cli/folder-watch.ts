/**
 * Changes of the YAML files under a folder. Each folder is watched by itself: editors replace a file when they save it, and a
 * recursive watch loses sight of a file that was replaced.
 */
import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

/** Folders that are watched; of a catalogue there are some twenty. */
const FOLDERS_MAX = 500;

/** Calls `changed` after every change until the function that it returns is called; `failed` where the folder cannot be watched. */
export function watchYaml(folder: string, changed: () => void, failed: (error: unknown) => void): () => void {
  const watchers = new Map<string, FSWatcher>();
  const look = () => {
    const inner = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) =>
      each.isDirectory(),
    );
    const folders = [folder, ...inner.map(({ parentPath, name }) => join(parentPath, name))];
    const fresh = folders.slice(0, FOLDERS_MAX).filter((path) => !watchers.has(path));
    for (const path of fresh) add(path);
    // What came into a folder before it was watched is seen at a second look.
    if (fresh.length > 0) look();
  };
  const add = (path: string) => {
    const watcher = watch(path, (_kind, file) => {
      try {
        if (file?.endsWith('.yaml')) changed();
        else {
          const before = watchers.size;
          look();
          // A folder that is new came with its files.
          if (watchers.size > before) changed();
        }
      } catch (error) {
        failed(error);
      }
    });
    watchers.set(path, watcher);
    watcher.once('error', (error) => {
      watchers.delete(path);
      watcher.close();
      if (path === folder) failed(error);
    });
  };
  look();
  return () => {
    for (const watcher of watchers.values()) watcher.close();
  };
}
