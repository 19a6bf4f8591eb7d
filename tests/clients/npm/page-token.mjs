// The token: asked for, used in every tab, kept over a reload, and asked for again once it is revoked.
import { answer, asked, described, ran, run, signIn, tab, tell, withPage } from './graphiql.mjs';

await withPage(async (page) => {
  await asked(page);
  await tab(page, 'FollowCancellation');
  await run(page);
  tell('refused over WebSocket', await answer(page, 'errors'));

  await page.getByLabel('Client id').fill('nobody');
  await page.getByLabel('Client secret').fill('nothing');
  await page.keyboard.press('Enter');
  await page.getByText('The client id or secret is wrong').waitFor();
  await signIn(page);
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await described(page);

  await tab(page, 'JournalRuns');
  tell('first tab', await ran(page, 'totalCount'));
  await tab(page, 'FollowCancellation');
  tell('second tab', await ran(page, 'NOT_FOUND'));

  await page.reload();
  await page.getByText('Signed in until').waitFor();
  await described(page);
  await tab(page, 'JournalRuns');
  tell('after a reload', await ran(page, 'totalCount'));
  tell('stored', await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }])));

  // From here on the key gets revoked.
  const form = page.getByRole('form', { name: 'Sign in' });
  while (!(await form.isVisible())) {
    await run(page);
    await page.waitForTimeout(200);
  }
  const refusal = page.waitForResponse((response) => response.status() === 401);
  await run(page); // Without a token now: the form goes on saying why it is there.
  await refusal;
  tell('asked again', await form.getByRole('alert').innerText());
  await page.getByLabel('or an access token').fill(`Bearer nonsense`);
  await page.keyboard.press('Enter');
  await form.getByText('The access token is unknown').waitFor();
  tell('refused in the form');
});
