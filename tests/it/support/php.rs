//! A web server and PHP of a test's own, before the stack's Horde: their workers can be killed
//! without harm to anybody else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::stack::demo_folder;

/// nginx and PHP-FPM, running.
pub(crate) struct Php {
    /// Where nginx listens.
    pub(crate) port: u16,
    folder: PathBuf,
    nginx: Child,
    fpm: Child,
}

impl Php {
    /// Starts both with the stack's settings.
    pub(crate) fn start() -> Self {
        let demo = demo_folder();
        let folder = std::env::temp_dir().join(format!("horde-eas-php-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(folder.join("tmp")).unwrap();
        let port = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap().port()
        };
        let (here, there) = (folder.display().to_string(), demo.display().to_string());
        let settings = |name: &str| fs::read_to_string(demo.join("etc").join(name)).unwrap();
        let fpm = settings("php/php-fpm.conf")
            .replace(&format!("{there}/run/"), &format!("{here}/"))
            .replace(&format!("{there}/log/"), &format!("{here}/"))
            .replace("daemonize = yes", "daemonize = no");
        fs::write(folder.join("fpm.conf"), fpm).unwrap();
        let pass =
            settings("nginx-php.conf").replace(&format!("{there}/run/"), &format!("{here}/"));
        fs::write(folder.join("pass.conf"), pass).unwrap();
        let listen = |line: &str| line.trim_start().starts_with("listen ");
        let nginx: String = settings("nginx.conf")
            .replace(&format!("{there}/run/"), &format!("{here}/"))
            .replace(&format!("{there}/log/"), &format!("{here}/"))
            .replace(&format!("{there}/tmp/"), &format!("{here}/tmp/"))
            .replace("/tmp/nginx/", "/tmp/")
            .replace(&format!("{there}/etc/nginx-php.conf"), &format!("{here}/pass.conf"))
            .lines()
            .map(|line| match listen(line) {
                true => format!("listen 127.0.0.1:{port};\n"),
                false => format!("{line}\n"),
            })
            .collect();
        fs::write(folder.join("nginx.conf"), nginx + "daemon off;\n").unwrap();
        let mut fpm = Command::new("php-fpm8.2");
        fpm.arg("-c").arg(demo.join("etc/php/php.ini")).arg("-y").arg(folder.join("fpm.conf"));
        fpm.env("PHP_INI_SCAN_DIR", demo.join("etc/php/conf.d"));
        fpm.env("PHP_PEAR_INSTALL_DIR", demo.join("php"));
        fpm.env("PHP_PEAR_DATA_DIR", demo.join("php/data"));
        let mut nginx = Command::new("nginx");
        nginx.arg("-c").arg(folder.join("nginx.conf"));
        nginx.arg("-e").arg(folder.join("nginx-error.log"));
        let (fpm, nginx) = (spawn(fpm, &folder), spawn(nginx, &folder));
        let php = Self { port, folder, nginx, fpm };
        let began = Instant::now();
        while !php.folder.join("php-fpm.sock").exists()
            || std::net::TcpStream::connect(("127.0.0.1", port)).is_err()
        {
            let said = || fs::read_to_string(php.folder.join("out")).unwrap_or_default();
            assert!(began.elapsed() < Duration::from_secs(20), "no PHP: {}", said());
            std::thread::sleep(Duration::from_millis(10));
        }
        php
    }

    /// Kills all workers, at work or not; PHP-FPM makes new ones.
    pub(crate) fn kill_workers(&self) {
        let id = self.fpm.id();
        let workers = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        let workers: Vec<&str> = workers.split_whitespace().collect();
        assert!(!workers.is_empty(), "PHP-FPM has no workers");
        // One of them may have gone by itself.
        Command::new("kill").arg("-9").args(workers).stderr(Stdio::null()).status().unwrap();
    }
}

fn spawn(mut command: Command, folder: &Path) -> Child {
    let out = fs::File::options().create(true).append(true).open(folder.join("out")).unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(out);
    command.spawn().unwrap()
}

impl Drop for Php {
    fn drop(&mut self) {
        for child in [&mut self.nginx, &mut self.fpm] {
            // The masters end their workers.
            let id = child.id().to_string();
            drop(Command::new("kill").args(["-TERM", &id]).status());
            drop(child.wait());
        }
        drop(fs::remove_dir_all(&self.folder));
    }
}
