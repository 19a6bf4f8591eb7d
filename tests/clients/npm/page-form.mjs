// The page of a gateway where GraphiQL is not built.
import { asked, given, signIn, tell, withPage } from './graphiql.mjs';

await withPage(async (page) => {
  tell('notice', await page.locator('.notice').innerText());
  tell('links', await page.locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href'))));
  const answer = page.getByRole('log', { name: 'Answer' });
  const run = () => page.getByRole('button', { name: 'Run' }).click();
  const says = (text) => answer.getByText(text).waitFor();

  await page.getByLabel('Operation').focus();
  await page.keyboard.press('Control+Enter');
  await asked(page);
  await signIn(page);
  await run();
  await says('totalCount');
  tell('query', JSON.parse(await answer.innerText()));

  await page.getByLabel('Variables').fill('{');
  await run();
  await says('JSON');
  tell('bad variables', await answer.innerText());

  await page.getByLabel('Example').selectOption('FollowCancellation');
  await page.getByLabel('Variables').fill(JSON.stringify({ runNumber: given.run }));
  await run();
  await page.getByRole('button', { name: 'Stop' }).and(page.locator(':disabled')).waitFor();
  tell('subscription', await answer.innerText());
});
