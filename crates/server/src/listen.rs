//! Taking connections: a bounded number, none of which may be silent for long, and ending them in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::ServiceExt;

/// Connections at once; further ones wait to be taken.
const CONNECTIONS_MAX: usize = 2_000;
/// Until a request's head is whole, from the connection's beginning or the end of the answer before: what is idle for longer is closed.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// How long answers under way may take when the server ends.
const GRACE: Duration = Duration::from_secs(20);
/// Where no connection can be taken, for example because too many files are open, it is tried again so much later.
const PAUSE: Duration = Duration::from_millis(100);

/// What bounds connections, so that a test need not wait half a minute.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Silence of one.
    pub silence: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { connections: CONNECTIONS_MAX, silence: SILENCE_MAX }
    }
}

/// Takes connections until `ended`; then what is under way is finished, for so long as that may take.
pub async fn listen(listener: TcpListener, router: Router, limits: Limits, ended: impl Future<Output = ()>) {
    let mut ended = std::pin::pin!(ended);
    let free = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut settings = http1::Builder::new();
    settings.timer(TokioTimer::new()).header_read_timeout(limits.silence);
    loop {
        let taken = tokio::select! {
            () = &mut ended => break,
            taken = next(&listener, &free) => taken,
        };
        let Some((stream, from, permit)) = taken else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let router = router.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(from));
            router.clone().oneshot(request)
        });
        let connection = graceful.watch(settings.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // One that breaks off or is silent for too long concerns nobody else.
            _ = connection.await;
            drop(permit);
        });
    }
    drop(listener);
    // A browser that follows a progress would hold the server up for ever.
    _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
}

type Taken = (tokio::net::TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

/// The next connection, as soon as one more may be there; `None` where none can be taken now.
async fn next(listener: &TcpListener, free: &Arc<Semaphore>) -> Option<Taken> {
    let permit = free.clone().acquire_owned().await.ok()?;
    let (stream, from) = listener.accept().await.ok()?;
    // Answers are whole when they are written: waiting for more only delays them.
    _ = stream.set_nodelay(true);
    Some((stream, from, permit))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    async fn began(
        limits: Limits,
    ) -> (SocketAddr, tokio::sync::oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let router = Router::new().route("/", axum::routing::get(async || "here"));
        let serving = tokio::spawn(listen(listener, router, limits, async { _ = ended.await }));
        (address, end, serving)
    }

    async fn read(stream: &mut TcpStream) -> String {
        let mut bytes = [0; 1_000];
        let length = stream.read(&mut bytes).await.unwrap_or(0);
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    const ASKED: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    #[tokio::test]
    async fn what_is_silent_is_closed_and_gives_its_place_up() {
        let limits = Limits { connections: 1, silence: Duration::from_millis(200) };
        let (address, end, serving) = began(limits).await;
        let mut silent = TcpStream::connect(address).await.unwrap();
        let mut half = TcpStream::connect(address).await.unwrap();
        half.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
        let mut last = TcpStream::connect(address).await.unwrap();
        last.write_all(ASKED).await.unwrap();
        assert_eq!(read(&mut silent).await, "", "closed without a word");
        assert!(!read(&mut half).await.contains("200 OK"));
        assert!(read(&mut last).await.contains("here"), "its turn came");
        // One that asked once and says nothing more is closed as well.
        assert_eq!(read(&mut last).await, "");
        end.send(()).unwrap();
        serving.await.unwrap();
    }

    #[tokio::test]
    async fn it_ends_at_once_where_nothing_is_under_way() {
        let (address, end, serving) = began(Limits::default()).await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        idle.write_all(ASKED).await.unwrap();
        assert!(read(&mut idle).await.contains("here"));
        end.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(5), serving)
            .await
            .expect("idle connections hold nothing up")
            .unwrap();
    }
}
