// Says how much of an upload has been sent. Without this script the form works as well.
document.getElementById('ap-upload')?.addEventListener('submit', (event) => {
  const form = event.target, status = document.getElementById('ap-sent');
  const button = form.querySelector('button');
  const request = new XMLHttpRequest();
  event.preventDefault();
  request.open('POST', form.action);
  request.upload.onprogress = ({ loaded, total }) => {
    status.textContent = total ? `Sent ${Math.floor(100 * loaded / total)}% of ${(total / 1e6).toFixed(1)} MB` : '';
  };
  request.onload = () => {
    if (request.status < 400) { location.href = request.responseURL; return; }
    const page = new DOMParser().parseFromString(request.responseText, 'text/html');
    status.textContent = page.querySelector('main p')?.textContent || 'The upload was refused.';
    button.disabled = false;
  };
  request.onerror = () => {
    status.textContent = 'The connection was lost, or the files are too large. Try again.';
    button.disabled = false;
  };
  button.disabled = true;
  request.send(new FormData(form));
});
