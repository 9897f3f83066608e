//! Progress on standard error, for steps that take over a second and only where a person looks.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tellmark_app::Progress;

/// Steps that are over sooner are not shown.
const SHOWN_AFTER: Duration = Duration::from_millis(700);

/// A line on standard error.
pub struct Line {
    shown: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Line {
    /// Shows progress unless told to be quiet or nobody looks.
    pub fn new(quiet: bool) -> Line {
        Line { shown: !quiet && std::io::stderr().is_terminal(), bar: Mutex::new(None) }
    }

    fn with(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        // A panic elsewhere must not hide its own message behind a second one.
        act(&mut self.bar.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
    }
}

impl Progress for Line {
    fn begin(&self, step: &str, total: Option<u64>) {
        if !self.shown {
            return;
        }
        let bar = match total {
            Some(total) => ProgressBar::new(total).with_style(style("{msg} {bar:30} {pos}/{len} {eta}")),
            None => ProgressBar::new_spinner().with_style(style("{msg} {spinner}")),
        };
        bar.set_draw_target(ProgressDrawTarget::hidden());
        bar.set_message(step.to_owned());
        let delayed = bar.clone();
        std::thread::spawn(move || {
            std::thread::sleep(SHOWN_AFTER);
            if !delayed.is_finished() {
                delayed.set_draw_target(ProgressDrawTarget::stderr());
                delayed.enable_steady_tick(Duration::from_millis(120));
            }
        });
        self.with(|slot| *slot = Some(bar));
    }

    fn advance(&self, units: u64) {
        self.with(|slot| slot.iter().for_each(|bar| bar.inc(units)));
    }

    fn end(&self) {
        self.with(|slot| slot.take().iter().for_each(ProgressBar::finish_and_clear));
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
