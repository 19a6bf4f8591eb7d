// Every tab that the page opens with, run as it is.
import { answer, run, tab, tell, withPage } from './graphiql.mjs';

await withPage(async (page) => {
  await page.getByRole('tab').first().waitFor();
  const names = await page.getByRole('tab').allInnerTexts();
  for (const name of names) {
    await tab(page, name);
    await run(page);
    tell(name, await answer(page, '{'));
  }
});
