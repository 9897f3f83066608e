//! What a use case takes from the world: the time, randomness, and somebody to tell how far it is.

/// Fills bytes with randomness.
type Source = Box<dyn FnMut(&mut [u8]) + Send>;

/// The time and the randomness of one command; fixed in tests and in the demo.
pub struct Ports {
    /// Seconds since 1970, UTC.
    pub now: i64,
    random: Source,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ports {{ now: {} }}", self.now)
    }
}

impl Ports {
    /// The clock and the randomness of the operating system.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn system() -> crate::Result<Ports> {
        let mut probe = [0; 1];
        getrandom::fill(&mut probe)
            .map_err(|e| crate::Error::Key(format!("the system gives no randomness: {e}")))?;
        let random = |bytes: &mut [u8]| {
            // It answered a moment ago; a key from a source that broke must not exist.
            if getrandom::fill(bytes).is_err() {
                std::process::abort();
            }
        };
        Ok(Ports { now: jiff::Timestamp::now().as_second(), random: Box::new(random) })
    }

    /// A fixed time and a stream that depends on a seed only: for the demo and for tests, never for a vault
    /// that guards something.
    pub fn seeded(seed: u64, now: i64) -> Ports {
        let mut stream = blake3::Hasher::new_derive_key("tellmark seeded ports v1");
        stream.update(&seed.to_le_bytes());
        let mut stream = stream.finalize_xof();
        Ports { now, random: Box::new(move |bytes| stream.fill(bytes)) }
    }

    /// Fresh random bytes.
    pub fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }
}

/// 32 random bytes that hide something, and decide nothing: they need not come from a command's own stream, which
/// makes copies and findings the same in every run of a test.
pub(crate) fn salt() -> crate::Result<[u8; 32]> {
    let mut salt = [0; 32];
    let failed = |e| crate::Error::Key(format!("the system gives no randomness: {e}"));
    getrandom::fill(&mut salt).map_err(failed)?;
    Ok(salt)
}

/// Told how a long step is going. The default says nothing.
pub trait Progress: Sync {
    /// A step begins; `total` is how many units it has, where that is known.
    fn begin(&self, step: &str, total: Option<u64>) {
        let _ = (step, total);
    }
    /// So many more units are done.
    fn advance(&self, units: u64) {
        let _ = units;
    }
    /// The step is over.
    fn end(&self) {}
    /// Whether somebody asked to stop. Delivery asks between copies, and leaves whole ones only.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Nobody to tell.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;
impl Progress for Silent {}
