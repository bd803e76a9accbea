// Reads a JSON array of diagrams from standard input and writes, for each, what Mermaid understood.
import { JSDOM } from 'jsdom';

const dom = new JSDOM('<!DOCTYPE html><body></body>');
globalThis.window = dom.window;
globalThis.document = dom.window.document;
const mermaid = (await import('mermaid')).default;
mermaid.initialize({ startOnLoad: false });

let input = '';
for await (const chunk of process.stdin) input += chunk;
const answers = [];
for (const text of JSON.parse(input)) {
  try {
    await mermaid.parse(text);
    const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
    const found = diagram.db.getEntities();
    const entities = found instanceof Map ? [...found.entries()] : Object.entries(found);
    answers.push({
      entities: entities.map(([name, entity]) => [name, entity.attributes.length]),
      relationships: diagram.db.getRelationships().map((one) => [one.relSpec.cardB, one.relSpec.cardA, one.relSpec.relType]),
    });
  } catch (error) {
    answers.push({ error: String(error.message ?? error) });
  }
}
process.stdout.write(JSON.stringify(answers));
