//! Text in pictures that sources carry: a screenshot of a passage, a photographed page.
//!
//! It is recognised by the thread that reads the source, one picture at a time over all sources: the memory and the
//! processor that pictures take are those of one.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tellmark_core::Gray;
use tellmark_follow::Article;
use tellmark_formats::picture;

use crate::ocr::{Engine, Recognised};
use crate::{Error, Result};

/// Pictures that are recognised in one reading of a source; the others wait for the next.
const COUNT_MAX: usize = 40;
/// Time for all of them.
const TIME_MAX: Duration = Duration::from_secs(300);
/// Time for one picture as it stands.
const PICTURE_TIME_MAX: Duration = Duration::from_secs(30);
/// A picture that is smaller, in pixels on its shorter side, is an icon or a line without text.
const SIDE_MIN: usize = 40;
/// Pages of one file that are recognised.
const PAGES_MAX: usize = 20;

/// One picture at a time.
static TURN: Mutex<()> = Mutex::new(());

/// The pictures of one reading of a source.
#[derive(Debug)]
pub(super) struct Pictures {
    engine: Engine,
    count: usize,
    taken: Duration,
}

impl Pictures {
    /// None so far.
    pub fn new(engine: Engine) -> Pictures {
        Pictures { engine: engine.within(PICTURE_TIME_MAX), count: 0, taken: Duration::ZERO }
    }

    /// Gives an article that is a picture the text that is recognised in it, or a note that says why there is none.
    /// Says whether more may be recognised now.
    pub fn recognise(&mut self, article: &mut Article) -> bool {
        if article.text.is_none() && picture::is_picture(&article.page).is_some() {
            let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
            let begun = Instant::now();
            let mut notes: Vec<String> = article.note.take().into_iter().collect();
            let text = match self.text(&article.address, &article.page, &mut notes) {
                Ok(recognised) => {
                    let (program, languages) = (&self.engine.version, &self.engine.languages);
                    notes.push(format!("its text was recognised by {program} ({languages})"));
                    recognised.text
                }
                Err(error) => {
                    notes.push(error.to_string());
                    String::new()
                }
            };
            article.text = Some(text);
            article.note = Some(notes.join("; "));
            self.count += 1;
            self.taken += begun.elapsed();
        }
        self.count < COUNT_MAX && self.taken < TIME_MAX
    }

    /// The text of all pictures of a file, and what there is to say of how they were decoded.
    fn text(&self, name: &str, bytes: &[u8], notes: &mut Vec<String>) -> Result<Recognised> {
        let wrong = |source| Error::Format { name: name.to_owned(), source };
        let mut all = Recognised::default();
        for one in picture::read_pictures(bytes).map_err(wrong)?.into_iter().take(PAGES_MAX) {
            notes.extend(one.notes);
            if is_large_enough(&one.gray) {
                all.append(&self.engine.recognise(&one.gray)?);
            }
        }
        Ok(all)
    }
}

fn is_large_enough(picture: &Gray) -> bool {
    picture.width.min(picture.height) >= SIDE_MIN
}
