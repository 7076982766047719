/** Breaks a text between words so that it fits beside `lead` columns; null as width leaves it whole. */
export const wrapHanging = (text: string, lead: number, width: number | null): string[] => {
  if (width === null) return [text];
  const room = Math.max(20, width - lead);
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
};
