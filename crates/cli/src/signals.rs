//! When somebody asks the process to end.

/// Ready when it is: Ctrl-C (SIGINT), or what a service manager sends (SIGTERM). It counts from this call on, not only
/// from when it is waited for: until then either kills.
pub fn ended() -> impl Future<Output = ()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        async move {
            match signals {
                [Ok(mut interrupted), Ok(mut terminated)] => tokio::select! {
                    _ = interrupted.recv() => {}
                    _ = terminated.recv() => {}
                },
                // Without a signal to wait for, it goes on until it is killed.
                _ => std::future::pending().await,
            }
        }
    }
    #[cfg(not(unix))]
    async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
